import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Which tests run where: every test file is in one project, and `npm test` and CI run the projects that they must. */

const ROOT = resolve(import.meta.dirname, '../..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
/** What `npm test` runs: nothing but Node, npm and git is needed. */
const ANYWHERE = ['unit', 'integration', 'e2e'];
/** What a test imports for what it needs, and the projects that give it. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'test/rig/docker-tests.ts': ['engine', 'cluster'],
  'test/rig/docker/daemons.ts': ['engine'],
  'test/rig/cluster-tests.ts': ['cluster'],
  'test/rig/kubernetes/schemas.ts': ['cluster'],
  'test/rig/postgres-rig.ts': ['root', 'engine', 'cluster'],
  'test/controls/clocks.ts': ['root'],
};
/** Programs that only root may run, or that not every machine has. */
const PROGRAMS = /execa\(\s*'(mount|umount|ip|nft|iptables|unshare|kubectl|helm|docker|go|psql)'/;

const listSchema = z.array(z.object({ file: z.string(), projectName: z.string() }));
const { stdout } = await execa(
  process.execPath,
  [VITEST, 'list', '--config', 'test/vitest.config.ts', '--filesOnly', '--json'],
  { cwd: ROOT, env: { VITEST: undefined, NO_COLOR: '1' } },
);
const LISTED = listSchema
  .parse(JSON.parse(stdout))
  .map(({ file, projectName }) => ({ file: relative(ROOT, file), project: projectName }));
const scripts = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).scripts;

test('every test file belongs to exactly one project', () => {
  // Suites run against the releases of a matrix, controls under a configuration of their own.
  const all = globSync('{src,fixtures,test}/**/*.test.ts', { cwd: ROOT });
  const own = all.filter((file) => !file.startsWith('test/controls/'));
  expect(own.length).toBeGreaterThan(150);
  expect(LISTED.map(({ file }) => file).sort()).toEqual(own.sort());
});

test('npm test runs the projects that every machine can run, test:all runs all of them, and CI runs test:all', () => {
  const named = [...(scripts['test'] ?? '').matchAll(/--project (\S+)/g)].map(([, name]) => name);
  expect(named).toEqual(ANYWHERE);
  expect(scripts['test:all']).toBe((scripts['test'] ?? '').replaceAll(/ --project \S+/g, ''));
  expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toMatch(/^npm run test:all -- /m);
});

test.for(LISTED.filter(({ project }) => project !== 'unit'))(
  '$file: what it needs is what its project gives',
  ({ file, project }) => {
    const reached = [...reach(join(ROOT, file))].map((path) => relative(ROOT, path));
    const misplaced = Object.entries(NEEDS).filter(([path, projects]) => {
      return reached.includes(path) && !projects.includes(project);
    });
    expect(misplaced).toEqual([]);
    if (!ANYWHERE.includes(project)) return;
    expect(reached.filter((path) => PROGRAMS.test(readFileSync(join(ROOT, path), 'utf8')))).toEqual([]);
  },
);

test('a test of an engine or a cluster waits for its turn', () => {
  const real = LISTED.filter(({ project }) => project === 'engine' || project === 'cluster').map(({ file }) => file);
  const inTurn = /^describeWith(Docker|Cluster|EngineAndCluster)\(|^takeTurn\(/m;
  const loose = real.filter((file) => !inTurn.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(loose).toEqual(['test/cluster/config-formats.test.ts']);
});

/** A file of test/, and all files of test/ that it imports, directly or through others. */
function reach(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file) || !file.startsWith(join(ROOT, 'test/'))) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/^(?:import|export) (?!type )(?:[^;]*?from )?'(\.[^']+)'/gm)) {
    reach(resolve(dirname(file), path), seen);
  }
  return seen;
}
