// `npm run build`: dist/ holds the package's JavaScript, declarations and source maps, and what it reads at run time.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleLibraries } from './bundle-libraries.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const DIST = join(ROOT, 'dist');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

rmSync(DIST, { recursive: true, force: true });
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
try {
  execFileSync(process.execPath, [compiler, '--project', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
} catch {
  // The compiler has said why.
  process.exit(1);
}
// Java is compiled where the package runs, against the jars of each release.
cpSync(join(ROOT, 'src/jvm'), join(DIST, 'src/jvm'), { recursive: true });
const bundled = await bundleLibraries({ root: ROOT, dist: DIST, manifest });
console.log(`dist/ is built; bundled: ${bundled.join(', ') || 'nothing'}`);
