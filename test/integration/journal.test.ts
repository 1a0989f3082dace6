import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { Journal } from '../../src/harness/trade/journal.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import type { Acknowledged } from './journal-host/journal-host.ts';

const HOST = join(import.meta.dirname, 'journal-host/journal-host.ts');

/** Lets a process write a journal, kills it in the middle, and gives back what it said was written. */
async function writeUntilKilled(path: string, { writer, words }: { writer: string; words: number }) {
  const host = spawn(process.execPath, ['--import', 'tsx', HOST, path, writer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(host, 'exit');
  const said: Acknowledged[] = [];
  for await (const line of createInterface({ input: host.stdout })) {
    if (isWhole(line)) said.push(JSON.parse(line) as Acknowledged);
    if (said.length === words) host.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return said;
}

/** The last word may be cut as well. */
function isWhole(line: string): boolean {
  return line.endsWith('}');
}

test('what a journal has taken survives kill -9 of its writer, time and again', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'journal.jsonl');
  const said: Acknowledged[] = [];
  for (const writer of ['a', 'b', 'c', 'd']) {
    said.push(...(await writeUntilKilled(path, { writer, words: 100 })));
    // A write can be cut by a full disk or a machine's end; a process that is killed rarely shows it.
    if (writer === 'b') await appendFile(path, '{"event":"invoked","at":"2026-01-0');
    const { operations } = await new Journal(path).read();
    const ends = new Map(operations.map(({ operation, end }) => [operation.id, end.result]));
    const lost = said.filter(({ id, event }) => !ends.has(id) || (event === 'ended' && ends.get(id) !== 'ok'));
    expect(lost).toEqual([]);
  }
  expect(said.length).toBeGreaterThanOrEqual(400);
  expect((await readFile(path, 'utf8')).match(/"event":"torn"/g)).toHaveLength(1);
});
