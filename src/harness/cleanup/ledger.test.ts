import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Creation, openLedger, readLedger } from './ledger.ts';
import { lookUpProcess } from '../support/processes.ts';

const FOLDER: Creation = { kind: 'folder', path: '/tmp/x' };
const CONTAINERS: Creation = {
  kind: 'docker',
  engine: { url: 'unix:///x.sock' },
  label: 'corda-compat.space=run/cell',
};
const PROCESSES: Creation = { kind: 'processes', marker: 'run/cell' };
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  file = join(folder, 'ledger.jsonl');
});

afterEach(() => rm(folder, { recursive: true }));

test('an entry is on disk when it is recorded, newest first, until it is undone', async () => {
  const ledger = await openLedger(file);
  const first = await ledger.record(FOLDER);
  const second = await ledger.record(PROCESSES);
  expect((await readLedger(file)).entries).toEqual([
    { id: second, creation: PROCESSES, processes: [] },
    { id: first, creation: FOLDER, processes: [] },
  ]);
  await ledger.undone(second);
  expect((await ledger.entries()).map((entry) => entry.id)).toEqual([first]);
  await ledger.undone(first);
  expect(await ledger.entries()).toEqual([]);
  await ledger.close();
});

test('containers are found again by their engine and their label', async () => {
  const ledger = await openLedger(file);
  const id = await ledger.record(CONTAINERS);
  await ledger.close();
  expect((await readLedger(file)).entries).toEqual([{ id, creation: CONTAINERS, processes: [] }]);
});

test('a process is written down with its start time; one that is gone is not', async () => {
  const ledger = await openLedger(file);
  const entry = await ledger.record(PROCESSES);
  await ledger.addProcess(entry, process.pid);
  await ledger.addProcess(entry, 2 ** 22 + 1);
  await ledger.close();
  const self = await lookUpProcess(process.pid);
  expect((await readLedger(file)).entries[0]?.processes).toEqual([{ pid: process.pid, started: self?.started }]);
});

test('a line cut off anywhere costs that line only, also for what is written afterwards', async () => {
  const ledger = await openLedger(file);
  const kept = await ledger.record(FOLDER);
  const whole = (await readFile(file)).length;
  await ledger.record(PROCESSES);
  await ledger.close();
  const bytes = await readFile(file);
  for (let cut = whole + 1; cut < bytes.length - 1; cut += 1) {
    await writeFile(file, bytes.subarray(0, cut));
    expect(await readLedger(file)).toMatchObject({ entries: [{ id: kept }], damaged: 1 });
    const again = await openLedger(file);
    const id = await again.record(PROCESSES);
    expect((await again.entries()).map((entry) => entry.id)).toEqual([id, kept]);
    await again.close();
  }
});

test.each([
  ['no JSON', 'x'],
  ['another event', '{"event":"other","id":"9"}'],
  [
    'containers of no engine',
    '{"event":"record","id":"9","creation":{"kind":"docker","engine":{},"label":"corda-compat.space=x"}}',
  ],
  [
    'containers without a label',
    '{"event":"record","id":"9","creation":{"kind":"docker","engine":{"url":"x"},"label":""}}',
  ],
  ['a creation without a path', '{"event":"record","id":"9","creation":{"kind":"folder"}}'],
  [
    'an empty marker, which would find everything',
    '{"event":"record","id":"9","creation":{"kind":"processes","marker":""}}',
  ],
  ['null', 'null'],
])('a line that is no ledger line is counted, not believed: %s', async (_, line) => {
  await appendFile(file, `${line}\n`);
  expect(await readLedger(file)).toEqual({ entries: [], recorded: 0, damaged: 1 });
});

test('many records at once are all there, whole', async () => {
  const ledger = await openLedger(file);
  const ids = await Promise.all(
    Array.from({ length: 50 }, (_, index) => ledger.record({ kind: 'folder', path: `/tmp/${index}` })),
  );
  await ledger.close();
  const { entries, damaged } = await readLedger(file);
  expect([entries.length, new Set(ids).size, damaged]).toEqual([50, 50, 0]);
});

test('a ledger that is not there has no entries', async () => {
  expect((await readLedger(join(folder, 'none'))).entries).toEqual([]);
});
