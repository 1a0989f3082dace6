import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { tryLock } from '../support/file-lock.ts';
import { exists } from '../support/files.ts';
import { lookUpProcess } from '../support/processes.ts';
import { openLedger } from './ledger.ts';
import { createRunFolder, newRunId, ownerState, readOwner, type Owner } from './run-folder.ts';
import { sweep, type SweepState } from './sweep.ts';

let base: string;
let root: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sweep-'));
  root = join(base, 'root');
});

afterEach(() => rm(base, { recursive: true, force: true }));

/** A run's folder whose owner is changed as told. */
async function run(change: Partial<Owner> = {}): Promise<string> {
  const { path } = await createRunFolder(root, newRunId(new Date()));
  const owner = await readOwner(path);
  await writeFile(join(path, 'owner.json'), JSON.stringify({ ...owner, ...change }));
  return path;
}

async function states(options: { dryRun?: boolean; olderThanMs?: number } = {}): Promise<Record<string, SweepState>> {
  const { items } = await sweep({ root, dryRun: false, ...options });
  return Object.fromEntries(items.map(({ path, state }) => [path, state]));
}

test('a run of a living owner is not touched; one whose number now belongs to another process goes', async () => {
  const living = await run();
  const reused = await run({ started: 'boot:1' });
  expect(await states()).toEqual({ [living]: 'alive', [reused]: 'removed' });
  expect([await exists(living), await exists(reused)]).toEqual([true, false]);
});

test('an owner that has ended is gone, and what its ledger names goes with it', async () => {
  const process = spawn('sleep', ['600'], { stdio: 'ignore' });
  const row = await lookUpProcess(process.pid ?? 0);
  const path = await run({ pid: row?.pid ?? 0, started: row?.started ?? '' });
  const space = join(base, 'space');
  const ledger = await openLedger(join(path, 'ledger.jsonl'));
  await ledger.record({ kind: 'folder', path: space });
  await ledger.close();
  await mkdir(space);
  expect(await states()).toEqual({ [path]: 'alive' });
  const exit = once(process, 'exit');
  process.kill('SIGKILL');
  await exit;
  expect(await states({ dryRun: true })).toEqual({ [path]: 'would-remove' });
  expect(await exists(space)).toBe(true);
  expect(await states()).toEqual({ [path]: 'removed' });
  expect([await exists(space), await exists(root)]).toEqual([false, false]);
});

test('folders that are not ours, or whose owner cannot be read, are reported and left', async () => {
  const elsewhere = await run({ machine: 'another', started: 'boot:1' });
  const corrupt = await run();
  await writeFile(join(corrupt, 'owner.json'), '{"runId":');
  const strange = await run({ runId: '', started: 'boot:1' });
  const stranger = join(root, 'stranger');
  await mkdir(stranger);
  await writeFile(join(root, 'notes.txt'), '');
  expect(await states()).toEqual({
    [elsewhere]: 'elsewhere',
    [corrupt]: 'unknown',
    [strange]: 'unknown',
    [stranger]: 'unknown',
    [join(root, 'notes.txt')]: 'unknown',
  });
  for (const path of [elsewhere, corrupt, strange, stranger]) expect(await exists(path)).toBe(true);
});

test('a machine is told by its id, not by its name: the run of another machine of this name stays', async () => {
  const namesake = await run({ machine: '3d1219c7c4c5404aaa1f6d2a48adfda4', started: 'boot:1' });
  const renamed = await run({ host: 'this machine had another name', started: 'boot:1' });
  expect((await readOwner(namesake))?.host).toBe(hostname());
  expect(await states()).toEqual({ [namesake]: 'elsewhere', [renamed]: 'removed' });
  expect(await exists(namesake)).toBe(true);
});

test('a dead run with a corrupt ledger goes all the same', async () => {
  const path = await run({ started: 'boot:1' });
  await writeFile(join(path, 'ledger.jsonl'), 'x\0\n{"event":"rec');
  expect(await states()).toEqual({ [path]: 'removed' });
});

test('runs younger than asked for are left', async () => {
  const young = await run({ started: 'boot:1' });
  const old = await run({ started: 'boot:1', at: '2026-01-01T00:00:00.000Z' });
  expect(await states({ olderThanMs: 3_600_000 })).toEqual({ [young]: 'young', [old]: 'removed' });
});

test('a run whose reaper or whose other sweeper lives is left to them', async () => {
  const self = JSON.stringify(await lookUpProcess(process.pid));
  const [reaping, sweeping, abandoned] = [
    await run({ started: 'boot:1' }),
    await run({ started: 'boot:1' }),
    await run({ started: 'boot:1' }),
  ];
  await writeFile(join(reaping, 'reaper.json'), self);
  const release = await tryLock(join(sweeping, 'sweep'));
  onTestFinished(() => release?.());
  const lock = join(abandoned, 'sweep.lock');
  await mkdir(lock);
  await utimes(lock, 0, 0);
  expect(await states()).toEqual({ [reaping]: 'reaping', [sweeping]: 'reaping', [abandoned]: 'removed' });
});

test('what cannot be undone is told, the folder stays for the next try, others go on', async () => {
  const bad = await run({ started: 'boot:1' });
  const ledger = await openLedger(join(bad, 'ledger.jsonl'));
  await ledger.record({ kind: 'folder', path: '/' });
  await ledger.close();
  const good = await run({ started: 'boot:1' });
  const { items, failed } = await sweep({ root, dryRun: false });
  expect(failed).toBe(true);
  expect(items.find((item) => item.path === bad)).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('refused to remove "/"') as string,
  });
  expect(items.find((item) => item.path === good)?.state).toBe('removed');
  expect(await exists(bad)).toBe(true);
});

test('the log of a reaper goes with its run', async () => {
  const path = await run({ started: 'boot:1' });
  const [own, orphan] = [
    join(root, `reaper-${path.split('/').at(-1)}.log`),
    join(root, 'reaper-20260101-000000-abcdef.log'),
  ];
  await writeFile(own, 'one');
  await writeFile(orphan, 'two');
  expect(await states()).toEqual({ [path]: 'removed', [orphan]: 'removed' });
  expect([await exists(own), await exists(orphan)]).toEqual([false, false]);
});

test('nothing to sweep where no run ever was', async () => {
  expect(await sweep({ root, dryRun: false })).toEqual({ items: [], failed: false });
});

test('a root that is open to others is refused: it may be a trap', async () => {
  await mkdir(root, { mode: 0o777 });
  await expect(createRunFolder(root, newRunId(new Date()))).rejects.toThrow(/open to other users/);
  await expect(sweep({ root, dryRun: false })).rejects.toThrow(/open to other users/);
});

test('a run’s id sorts by time and is what its folder is called; its owner is this process', async () => {
  expect(newRunId(new Date('2026-11-23T15:45:12Z'), () => Buffer.from('ab12cd', 'hex'))).toBe('20261123-154512-ab12cd');
  const { path, ledgerFile } = await createRunFolder(root, '20261123-154512-ab12cd');
  expect(path).toBe(join(root, '20261123-154512-ab12cd'));
  expect(ledgerFile.startsWith(path)).toBe(true);
  const owner = JSON.parse(await readFile(join(path, 'owner.json'), 'utf8')) as Owner;
  expect(owner).toMatchObject({ pid: process.pid, runId: '20261123-154512-ab12cd' });
  expect(await ownerState(owner)).toBe('alive');
  expect(await ownerState({ ...owner, started: 'boot:1' })).toBe('gone');
});
