#!/usr/bin/env node
// node test/legs/run.js [leg...]: the checks of each leg of legs.json, in a copy of this repository. Plain Node, as .ci/run wants it.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const MINUTES = 60_000;
const CELL = '4.8+4.10';
const VITEST = 'node_modules/vitest/vitest.mjs';

const { legs, newest } = JSON.parse(await readFile(new URL('legs.json', import.meta.url), 'utf8'));
const names = legs.map(({ name }) => name);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no leg ${unknown.join(', ')}. Name some of: ${names.join(', ')}.`);
  process.exit(2);
}

/** The folder of a leg goes when all has passed; otherwise it is kept, to look into. */
async function runLeg(leg) {
  const folder = await mkdtemp(join(tmpdir(), `corda-compat-${leg.name}-`));
  const total = { passed: 0, failed: 0 };
  const add = ({ passed, failed }) => {
    total.passed += passed;
    total.failed += failed;
  };
  try {
    const place = await prepare(leg, folder);
    for (const check of leg.checks) add(await CHECKS[check](place));
  } catch (error) {
    console.error(`leg ${leg.name} failed: ${error.shortMessage ?? error.stack}`);
    add({ passed: 0, failed: 1 });
  }
  if (total.failed === 0) await rm(folder, { recursive: true, force: true });
  else console.error(`leg ${leg.name}: its folder is kept: ${folder}`);
  return total;
}

/** A copy of this repository with the leg's packages, and the leg's Node first in PATH. */
async function prepare({ name, node, packages }, folder) {
  console.log(`leg ${name}: installing Node ${node} and the ${packages} packages in ${folder}`);
  const [copy, runtime] = [join(folder, 'copy'), join(folder, 'node')];
  await copySources(copy);
  if (packages === 'newest') await takeNewest(copy, node);
  await npm(copy, packages === 'newest' ? 'install' : 'ci');
  await mkdir(runtime);
  await writeFile(join(runtime, 'package.json'), '{ "private": true }');
  const carrier = `node-${platform()}-${arch()}`;
  await npm(runtime, 'install', `${carrier}@${node}`);
  const bin = join(runtime, 'node_modules', carrier, 'bin');
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const { stdout } = await execa('node', ['--version'], { env });
  if (!stdout.startsWith(`v${node}.`)) throw new Error(`leg ${name} failed to get Node ${node} (seen: ${stdout})`);
  console.log(`leg ${name}: Node ${stdout}`);
  return { name, copy, folder, env };
}

/** What git knows or would take: a change that is not committed yet is tried as well. */
async function copySources(to) {
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
  });
  for (const file of stdout.split('\0').filter((path) => path !== '')) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(REPOSITORY, file), join(to, file));
  }
}

/** Neither lock file nor overrides: a project that depends on this one has none of ours. */
async function takeNewest(copy, node) {
  const file = join(copy, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  const versions = { ...newest, '@types/node': String(node) };
  for (const section of ['dependencies', 'devDependencies']) {
    for (const name of Object.keys(manifest[section]))
      manifest[section][name] = versions[name] ?? manifest[section][name];
  }
  delete manifest.overrides;
  await writeFile(file, JSON.stringify(manifest, undefined, 2));
  await rm(join(copy, 'package-lock.json'));
}

/** All legs share npm's cache. */
async function npm(cwd, ...args) {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await execa('npm', [...args, ...quiet], { cwd, stdio: 'inherit', timeout: 10 * MINUTES });
}

const CHECKS = {
  async types({ copy, env }) {
    const { exitCode } = await inCopy({ copy, env }, ['node_modules/typescript/bin/tsc', '--noEmit'], 10 * MINUTES);
    return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  },
  async unit({ copy, env, folder }) {
    const report = join(folder, 'unit.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const args = ['--config', 'test/vitest.config.ts', '--project', 'unit', ...reporters];
    const { exitCode } = await inCopy({ copy, env }, [VITEST, 'run', ...args], 20 * MINUTES);
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(await readFile(report, 'utf8'));
    return { passed, failed: atLeastOne(failed, exitCode) };
  },
  async cell({ copy, env }) {
    const { exitCode, stdout } = await inCopy({ copy, env }, [VITEST, 'run', '--project', CELL], 10 * MINUTES);
    const [, passed = '0', failed = '0'] =
      /^(\d+) passed, (\d+) failed/.exec(stdout.trimEnd().split('\n').at(-1)) ?? [];
    // A cell without a test that passed shows nothing.
    return { passed: Number(passed), failed: atLeastOne(Number(failed), passed === '0' ? 1 : exitCode) };
  },
};

async function inCopy({ copy, env }, args, timeout) {
  const stdout = ['inherit', 'pipe'];
  return await execa('node', args, {
    cwd: copy,
    env,
    stdin: 'ignore',
    stdout,
    stderr: 'inherit',
    timeout,
    reject: false,
  });
}

/** A file that cannot be loaded, or a worker that crashed, fails a run without a failed test. */
function atLeastOne(failed, exitCode) {
  return exitCode === 0 ? failed : Math.max(1, failed);
}

const lines = [];
for (const leg of legs) {
  if (wanted.length > 0 && !wanted.includes(leg.name)) continue;
  const { passed, failed } = await runLeg(leg);
  lines.push(`leg ${leg.name}: ${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
console.log(lines.join('\n'));
