import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesOfCell, reportedFile, suiteFiles } from './suite-files.ts';

const SUITES = resolve(import.meta.dirname, '../../../suites');
const include = ['suites/**/*.test.ts'];
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'suite-files-'));
  for (const path of ['suites/own.test.ts', 'suites/old.test.ts', 'suites/node_modules/theirs/a.test.ts']) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('without bundled suites, vitest looks for files itself', async () => {
  const files = await suiteFiles({ include, root });
  expect(files.include).toEqual(include);
  expect(files.exclude).toContain('**/node_modules/**');
});

test('bundled suites run beside the own ones, which are looked for as vitest does', async () => {
  const files = await suiteFiles({ include, suites: ['pay', 'restart'], root });
  const bundled = [join(SUITES, 'pay.test.ts'), join(SUITES, 'lifecycle/restart.test.ts')];
  const own = [join(root, 'suites/old.test.ts'), join(root, 'suites/own.test.ts')];
  expect([...files.include].sort()).toEqual([...own, ...bundled].sort());
  expect(files.exclude).toEqual([]);
});

test('what the configuration leaves out is not among the own ones', async () => {
  const files = await suiteFiles({ include, exclude: ['**/old.test.ts', '**/theirs/**'], suites: ['pay'], root });
  expect(files.include.map((path) => basename(path)).sort()).toEqual(['own.test.ts', 'pay.test.ts']);
});

test('in the repository itself, a suite that is bundled and included runs once', async () => {
  const files = await suiteFiles({ include, suites: 'all', root: dirname(SUITES) });
  expect(files.include.filter((path) => path.endsWith('/pay.test.ts'))).toHaveLength(1);
});

test('suites of a node’s life are for cells that ask for them', async () => {
  const files = await suiteFiles({ include, suites: 'all', root });
  const names = (lifecycle: boolean) => filesOfCell(files, { lifecycle }).include.map((path) => basename(path));
  expect(names(true)).toContain('restart.test.ts');
  expect(names(false)).not.toContain('restart.test.ts');
  expect(names(false)).toContain('vault.test.ts');
});

test('an unknown name is an error with the names there are', async () => {
  await expect(suiteFiles({ include, suites: ['pay', 'pya'], root })).rejects.toThrow(
    /failed to find the bundled suites pya\. Choose from: health, issue, pay, .*upgrade, or 'all'/,
  );
});

test('reports name a file by its path from the root', () => {
  expect(reportedFile(join(root, 'suites/own.test.ts'), root)).toBe('suites/own.test.ts');
});
