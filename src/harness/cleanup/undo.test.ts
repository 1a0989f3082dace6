import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SPACE_MARKER, openLedger, readLedger } from './ledger.ts';
import { exists } from '../support/files.ts';
import { lookUpProcess } from '../support/processes.ts';
import { undoLedger, undoRun } from './undo.ts';

const LIMITS = { graceMs: 100, limitMs: 10_000 };
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undo-'));
  file = join(folder, 'ledger.jsonl');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function folderEntry(name: string): Promise<string> {
  const path = join(folder, name);
  const ledger = await openLedger(file);
  await ledger.record({ kind: 'folder', path });
  await ledger.close();
  await mkdir(join(path, 'below'), { recursive: true });
  await writeFile(join(path, 'below/file'), 'x');
  return path;
}

test('everything open is undone, newest first, and a second time there is nothing to do', async () => {
  const [one, two] = [await folderEntry('one'), await folderEntry('two')];
  expect(await undoLedger(file, LIMITS)).toEqual({ undone: [`folder ${two}`, `folder ${one}`], failures: [] });
  expect([await exists(one), await exists(two)]).toEqual([false, false]);
  expect(await undoLedger(file, LIMITS)).toEqual({ undone: [], failures: [] });
});

test('a step that fails is reported, stays open, and the others go on', async () => {
  const one = await folderEntry('one');
  const ledger = await openLedger(file);
  await ledger.record({ kind: 'folder', path: homedir() });
  await ledger.close();
  const two = await folderEntry('two');
  const report = await undoLedger(file, LIMITS);
  expect(report.undone).toEqual([`folder ${two}`, `folder ${one}`]);
  expect(report.failures).toEqual([
    { what: `folder ${homedir()}`, message: expect.stringContaining('refused to remove') as string },
  ]);
  expect((await readLedger(file)).entries.map((entry) => entry.creation)).toEqual([
    { kind: 'folder', path: homedir() },
  ]);
  expect(await exists(homedir())).toBe(true);
});

test('what was recorded but never made is no failure', async () => {
  const ledger = await openLedger(file);
  await ledger.record({ kind: 'folder', path: join(folder, 'never') });
  await ledger.record({ kind: 'processes', marker: 'nobody/never' });
  await ledger.close();
  expect((await undoLedger(file, LIMITS)).failures).toEqual([]);
});

test('an undone run has no processes with its mark, whatever its ledger says, and no folder', async () => {
  const state = join(folder, 'state/20261123-000000-abcdef');
  await mkdir(state, { recursive: true });
  await writeFile(join(state, 'ledger.jsonl'), '{"event":"rec');
  const env = { PATH: process.env['PATH'], [SPACE_MARKER]: '20261123-000000-abcdef/4.8' };
  const orphan = spawn('sleep', ['600'], { env, stdio: 'ignore' });
  const report = await undoRun(state, '20261123-000000-abcdef', LIMITS);
  expect(report.failures).toEqual([]);
  expect(await lookUpProcess(orphan.pid ?? 0)).toBeUndefined();
  expect(await exists(join(folder, 'state'))).toBe(false);
});

test('a run with a process that cannot be ended keeps its folder for the next try', async () => {
  const state = join(folder, 'state/20261123-000000-abcdef');
  await mkdir(state, { recursive: true });
  const env = { PATH: process.env['PATH'], [SPACE_MARKER]: '20261123-000000-abcdef/4.8' };
  const stubborn = spawn('sh', ['-c', "trap '' TERM; echo up; exec sleep 600"], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(stubborn.stdout, 'data');
  const never = { graceMs: 60_000, limitMs: 200 };
  const { failures } = await undoRun(state, '20261123-000000-abcdef', never);
  expect(failures).toEqual([
    {
      what: 'processes of 20261123-000000-abcdef',
      message: expect.stringContaining(`pid ${stubborn.pid} (sleep 600)`) as string,
    },
  ]);
  expect(await exists(state)).toBe(true);
  expect((await undoRun(state, '20261123-000000-abcdef', LIMITS)).failures).toEqual([]);
  expect(await exists(state)).toBe(false);
});
