import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** A specifier where a module is loaded: `from "x"`, `import "x"`, `import("x")`, `require("x")`, `load('x')`, `resolve('x')`. */
const LOADS = /(\bfrom\s*|\bimport\s*|\b(?:import|require|load|resolve)\()(['"])([^'"\n]+)\2/g;

/**
 * Puts the libraries that dist/ loads, and that are development dependencies, into dist/libraries: a file for each, with its own
 * dependencies in it. They bring 190 packages and 90 MB along, of which this program uses little; and a dependent gets the versions
 * that were tested here.
 * @param {{ root: string, dist: string, manifest: { dependencies: object, peerDependencies: object, devDependencies: object } }} options
 * @returns {Promise<string[]>} their names with versions
 * @throws Error where dist/ loads what no dependent would have
 */
export async function bundleLibraries({ root, dist, manifest }) {
  const files = readdirSync(dist, { recursive: true })
    .map((name) => join(dist, name))
    .filter((name) => name.endsWith('.js'));
  const names = new Set(files.flatMap((file) => librariesOf(readFileSync(file, 'utf8'))));
  const installed = { ...manifest.dependencies, ...manifest.peerDependencies };
  const bundled = [...names]
    .filter((name) => !(packageOf(name) in installed) && packageOf(name) !== manifest.name)
    .sort();
  const unknown = bundled.filter((name) => !(name in manifest.devDependencies));
  if (unknown.length > 0) {
    throw new Error(`dist/ loads ${unknown.join(', ')}, which package.json does not name. Add it to "dependencies".`);
  }
  const folder = join(dist, 'libraries');
  mkdirSync(folder, { recursive: true });
  const inputs = new Set();
  for (const name of bundled) for (const input of await bundle(name, { root, folder })) inputs.add(input);
  for (const file of files) redirect(file, { bundled, folder });
  writeFileSync(join(folder, 'LICENSES.txt'), licencesOf([...inputs], root));
  return bundled.map((name) => `${name} ${manifest.devDependencies[name]}`);
}

/** Packages that a module of dist/ loads. */
function librariesOf(text) {
  const names = [...text.matchAll(LOADS)].map(([, , , name]) => name);
  return names.filter(
    (name) => !/^[./#]|^node:|^file:/.test(name) && !builtinModules.includes(name) && /^[@a-z]/.test(name),
  );
}

function packageOf(name) {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

function fileOf(name) {
  return `${name.replace('@', '').replaceAll('/', '-')}.cjs`;
}

/** One CommonJS file, so that `require` and `import` both load it. @returns files of packages that are in it */
async function bundle(name, { root, folder }) {
  // Node finds names for `import` in this line, where it cannot see them in the bundle.
  const exported = Object.keys(await import(name)).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default');
  const { metafile } = await build({
    stdin: { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: root },
    outfile: join(folder, fileOf(name)),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
    // Native parts are optional where they are used, and there is nothing to compile them with.
    external: ['*.node', 'cpu-features'],
    footer: { js: `0 && (module.exports = { ${exported.join(', ')} });` },
  });
  return Object.keys(metafile.inputs).filter((input) => input.includes('node_modules/'));
}

function redirect(file, { bundled, folder }) {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(LOADS, (whole, before, quote, name) => {
    if (!bundled.includes(name)) return whole;
    return before + quote + relative(dirname(file), join(folder, fileOf(name))).replaceAll(sep, '/') + quote;
  });
  if (changed !== text) writeFileSync(file, changed);
}

/** The licence of every package that is in a bundle, as the licences want it. */
function licencesOf(inputs, root) {
  const folders = new Set(inputs.map((input) => packageFolder(resolve(root, input))));
  const texts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const words = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`${name} ${version} (${JSON.stringify(license)})`, ...words].join('\n\n');
  });
  return `${[...new Set(texts)].sort().join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function packageFolder(file) {
  const [, start, name] = /^(.*\/node_modules\/)((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return start + name;
}
