// `npm run check:package`: packs as for publishing, and lets publint and attw look at the tarball.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'compat-package-'));
const run = (command, args) => execFileSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
const programOf = (name) => join(ROOT, 'node_modules/.bin', name);

try {
  // A tarball that is named is checked as it is.
  const [given] = process.argv.slice(2);
  if (given === undefined) run('npm', ['pack', '--silent', '--pack-destination', folder]);
  const tarball =
    given ??
    join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.tgz')),
    );
  run(programOf('publint'), ['run', tarball, '--strict']);
  // Vitest itself is an ES module: nobody can require a plugin for it.
  const profile = ['--profile', 'esm-only', '--no-emoji', '--exclude-entrypoints', './matrix.schema.json'];
  run(programOf('attw'), [tarball, ...profile]);
} catch (error) {
  // The program that failed has said why.
  process.exitCode = error.status ?? 1;
  if (error.status === undefined) throw error;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
