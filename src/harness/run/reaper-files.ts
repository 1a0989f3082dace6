import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive, lookUpProcess, type ProcessRef } from '../support/process-table.ts';
import { writeDurably } from '../support/files.ts';

/** Said by the run when all is undone; said by the reaper when it watches. */
export const DONE = 'done';
export const READY = 'ready';

/** What the reaper could not undo; there only if there is something to say. */
export function reaperLog(stateFolder: string): string {
  return join(dirname(stateFolder), `reaper-${basename(stateFolder)}.log`);
}

/** The run's id in the name of a reaper's log, if it is one. */
export function runOfReaperLog(name: string): string | undefined {
  return /^reaper-(.+)\.log$/.exec(name)?.[1];
}

export async function writeReaper(stateFolder: string): Promise<void> {
  const self = await lookUpProcess(process.pid);
  if (self) await writeDurably(reaperFile(stateFolder), JSON.stringify({ pid: self.pid, started: self.started }));
}

/** Whether the reaper of a run is still there: then it is the one to clean up. */
export async function isReaperAlive(stateFolder: string): Promise<boolean> {
  try {
    const { pid, started } = JSON.parse(await readFile(reaperFile(stateFolder), 'utf8')) as Partial<ProcessRef>;
    return pid !== undefined && started !== undefined && (await isAlive({ pid, started }));
  } catch {
    return false;
  }
}

function reaperFile(stateFolder: string): string {
  return join(stateFolder, 'reaper.json');
}
