import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test as plain } from 'vitest';
import { BASELINE_FILE, baselineText } from '../harness/trade/baseline-file.ts';
import { HonestWorld } from '../harness/testing/honest-world.ts';
import { A, B, C, issue, loseAt, pay } from '../harness/testing/planted-faults.ts';
import { storeCell } from '../harness/testing/stored.ts';

const BIN = resolve(import.meta.dirname, '../../bin/corda-compat.js');
const honest = new HonestWorld()
  .run([issue(A, 9_00), pay(A, B, 3_00), { ...pay(A, C, 2_00), end: 'unknown-but-done' }])
  .views();
const AGREES = 'vaults, operations and notary agree (3 operations, 1 without an ok)';

/** A run with a cell that is well, one that lost money, and a folder of something else. */
const test = plain.extend('run', async ({}, { onCleanup }) => {
  const run = await mkdtemp(join(tmpdir(), 'corda-compat-recheck-'));
  onCleanup(() => rm(run, { recursive: true }));
  await storeCell(join(run, '4.8+4.10'), honest);
  await storeCell(join(run, '4.5+4.10'), loseAt(honest, 'party-b', 'T2'));
  await storeCell(join(run, 'other/deeper'), honest);
  await writeFile(join(run, 'run.json'), '{}');
  return run;
});

/** The real program, as a user runs it. */
async function recheck(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa('node', [BIN, 'recheck', ...args], { reject: false });
  return { exitCode, stdout, stderr };
}

test('a run is judged cell by cell, and findings are told', async ({ run }) => {
  const { exitCode, stdout, stderr } = await recheck(run);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('4.5+4.10: 3 findings (3 operations, 1 without an ok)');
  expect(lines[1]).toMatch(/^ {2}conservation: 3\.00 USD issued by 4\.8 \(party-a\) is missing: /);
  expect(lines[3]).toMatch(/^ {2}lost-payment: lost payment: 3\.00 USD from 4\.8 \(party-a\) to 4\.10 \(party-b\)/);
  expect(lines.slice(4)).toEqual([`4.8+4.10: ${AGREES}`]);
});

test('one cell is judged by its own folder', async ({ run }) => {
  const { exitCode, stdout } = await recheck(`${run}/4.8+4.10/`);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `4.8+4.10: ${AGREES}` });
});

test('an operation of which the journal has no end may have happened', async ({ run }) => {
  const file = join(run, '4.8+4.10/journal.jsonl');
  const lines = (await readFile(file, 'utf8')).split('\n');
  // The ends of the payments and nothing more: what a crash of the worker would leave.
  await writeFile(file, [...lines.slice(0, 3), lines[4], ''].join('\n'));
  const { exitCode, stdout } = await recheck(`${run}/4.8+4.10`);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: '4.8+4.10: vaults, operations and notary agree (3 operations, 2 without an ok)',
  });
});

test('what lay in the vaults before the suites is no money from nowhere', async ({ run }) => {
  const folder = join(run, '4.8+4.10');
  const world = new HonestWorld().run([issue(A, 9_00)]);
  const before = structuredClone(world.views());
  const { journal, ...views } = world.run([pay(A, B, 3_00)]).views();
  await storeCell(folder, { ...views, journal: journal.slice(before.journal.length) });
  expect((await recheck(folder)).exitCode).toBe(1);
  await writeFile(join(folder, BASELINE_FILE), baselineText(before));
  const { exitCode, stdout } = await recheck(folder);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: '4.8+4.10: vaults, operations and notary agree (1 operation, 0 without an ok)',
  });
});

test('a cell that cannot be judged is told with the reason, and the others are judged', async ({ run }) => {
  await rm(join(run, '4.5+4.10/views.json'));
  const { exitCode, stdout } = await recheck(run);
  expect(exitCode).toBe(1);
  expect(stdout.split('\n')).toEqual([
    `4.5+4.10: cannot be judged: ${run}/4.5+4.10/views.json is missing: the run ended before the suite vault read all vaults, or did not run that suite.`,
    `4.8+4.10: ${AGREES}`,
  ]);
});

plain.describe('files that cannot be trusted', () => {
  test.for([
    ['journal.jsonl', (file: string) => rm(file), /journal\.jsonl is missing: without it the operations are unknown/],
    ['journal.jsonl', (file: string) => appendFile(file, 'x\n'), /journal\.jsonl cannot be read: line 7 .*not JSON/],
    [
      'views.json',
      (file: string) => writeFile(file, '{"vaults": ['),
      /views\.json cannot be read: it is not JSON, perhaps cut short/,
    ],
    ['views.json', (file: string) => writeFile(file, '{"vaults": 1}'), /expected array, received number\n.*at vaults/],
    ['views.json', (file: string) => edit(file, (views) => ({ ...views, more: 1 })), /Unrecognized key: "more"/],
    [
      'views.json',
      (file: string) => edit(file, (views) => ({ ...views, flows: [{ node: 'a' }] })),
      /at flows\[0\]\.checkpoints/,
    ],
  ] as const)('%s', async ([name, spoil, words], { run }) => {
    await spoil(join(run, '4.8+4.10', name));
    const { exitCode, stdout, stderr } = await recheck(join(run, '4.8+4.10'));
    expect(stdout).toMatch(words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
  });

  async function edit(file: string, change: (views: object) => object): Promise<void> {
    await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')) as object)));
  }
});

test('what was there before the suites is taken into account', { timeout: 120_000 }, async ({ run }) => {
  const cell = join(run, '4.8+4.10');
  const world = new HonestWorld().run([issue(A, 9_00), pay(A, B, 3_00)]);
  const before = structuredClone(world.views());
  const after = world.run([pay(B, C, 1_00), pay(A, C, 1_00)]).views();
  await storeCell(cell, { ...after, journal: after.journal.slice(before.journal.length) });
  expect((await recheck(cell)).stdout).toMatch(/^4\.8\+4\.10: \d+ findings \(2 operations, 0 without an ok\)/);
  await writeFile(join(cell, BASELINE_FILE), baselineText(before));
  const { exitCode, stdout } = await recheck(cell);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: '4.8+4.10: vaults, operations and notary agree (2 operations, 0 without an ok)',
  });
  await writeFile(join(cell, BASELINE_FILE), '{}');
  expect((await recheck(cell)).stdout).toMatch(/baseline\.json cannot be read: the baseline cannot be trusted/);
});

test('a folder without any cell is told', { timeout: 120_000 }, async ({ run }) => {
  expect(await recheck(`${run}/other/deeper/none`)).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `${run}/other/deeper/none is not a folder. Name the results of a run or of a cell.`,
  });
  await rm(join(run, 'other/deeper'), { recursive: true });
  const { exitCode, stderr } = await recheck(join(run, 'other'));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/other has no cell that traded: .* has journal\.jsonl or views\.json/);
});
