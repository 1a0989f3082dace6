import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeDurably } from '../support/files.ts';
import { DONE, READY, reaperLog, writeReaper } from './reaper.ts';
import { undoRun, type UndoReport } from './undo.ts';

/**
 * The reaper's process: `node reaper-main.js <state folder>`. Its input is a pipe that the run holds; the kernel closes it
 * when the run dies, however it dies.
 */
async function main(stateFolder: string): Promise<void> {
  // Signals that end the run must not end its reaper, which ends by itself as soon as the run is gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  await writeReaper(stateFolder);
  process.stdout.write(`${READY}\n`);
  if ((await inputToEnd()).includes(DONE)) return;
  await report(stateFolder, await undoRun(stateFolder, basename(stateFolder)));
}

async function inputToEnd(): Promise<string> {
  let text = '';
  try {
    for await (const chunk of process.stdin) text += String(chunk);
  } catch {
    // A connection that broke is one that ended.
  }
  return text;
}

async function report(stateFolder: string, { undone, failures }: UndoReport): Promise<void> {
  const log = reaperLog(stateFolder);
  if (failures.length === 0) {
    await rm(log, { force: true });
    return;
  }
  const lines = [
    `The run ${basename(stateFolder)} died; ${failures.length} of its leftovers could not be removed:`,
    ...failures.map(({ what, message }) => `  ${what}: ${message}`),
    ...undone.map((what) => `  removed: ${what}`),
    'npx corda-compat sweep tries again.',
  ];
  await writeDurably(log, `${lines.join('\n')}\n`);
}

const [stateFolder] = process.argv.slice(2);
if (stateFolder === undefined) throw new Error('usage: node reaper-main.js <state folder>');
await main(stateFolder);
