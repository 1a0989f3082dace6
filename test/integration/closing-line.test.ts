import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const PROGRAM = resolve(import.meta.dirname, '../../.ci/closing-line.js');

/** What the legs print at their end. */
const LEGS = 'leg node-24: 5 passed, 0 failed\nleg newest: 7 passed, 0 failed\n';

/** What CI says at its end. @param states of tests in vitest's report; `undefined`: there is none */
async function close(states: readonly string[] | undefined, status: string, said: string, ...gates: readonly string[]) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'results.json');
  const assertionResults = (states ?? []).map((status, at) => ({ status, fullName: `test ${at}` }));
  const report = { testResults: [{ name: 'a.test.ts', startTime: 0, endTime: 2000, assertionResults }] };
  if (states) await writeFile(file, JSON.stringify(report));
  const legs = join(folder.path, 'legs.log');
  await writeFile(legs, said);
  const { stdout, exitCode } = await execa(process.execPath, [PROGRAM, file, status, legs, ...gates], {
    reject: false,
  });
  const lines = stdout.split('\n');
  return { last: lines.at(-1), told: lines.slice(0, -1), exitCode };
}

test('gates count as tests, the legs with their own, and the slowest files are named', async () => {
  expect(await close(['passed', 'passed'], '0', LEGS, 'check=0', 'rig:down=0')).toEqual({
    last: '16 passed, 0 failed',
    told: ['leg node-24: 5 passed, 0 failed', 'leg newest: 7 passed, 0 failed', '    2 s  a.test.ts'],
    exitCode: 0,
  });
});

test.for<[string, Parameters<typeof close>, string, string]>([
  ['a test that failed', [['passed', 'failed'], '1', '', 'check=0'], '2 passed, 1 failed', 'failed: test 1'],
  ['a gate that failed', [['passed'], '0', '', 'check=2'], '1 passed, 1 failed', 'failed: check: exit status 2'],
  ['a test that was skipped', [['passed', 'skipped'], '0', ''], '1 passed, 0 failed, 1 skipped', 'skipped: test 1'],
  ['a test that never began', [['passed', 'pending'], '0', ''], '1 passed, 0 failed, 1 skipped', 'skipped: test 1'],
  ['a worker that crashed', [['passed'], '1', ''], '1 passed, 1 failed', 'failed: vitest: exit status 1'],
  ['a leg that failed', [['passed'], '0', 'leg newest: 2 passed, 3 failed\n'], '3 passed, 3 failed', 'leg newest: 2'],
  ['a run without a report', [undefined, '1', '', 'check=0'], '1 passed, 1 failed', 'failed: the report of vitest'],
])('%s fails CI and is named', async ([, args, last, named]) => {
  const closed = await close(...args);
  expect(closed.last).toBe(last);
  expect(closed.told.join('\n')).toContain(named);
  expect(closed.exitCode).toBe(1);
});
