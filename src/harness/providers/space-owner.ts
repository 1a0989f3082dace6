import { lookUpProcess } from '../support/process-table.ts';
import { thisHost } from '../support/this-host.ts';

/** The process that made a thing: where and which, so that one that is gone can be told from one that lives. */
export interface SpaceOwner {
  readonly runId: string;
  readonly host: string;
  readonly pid: number;
  readonly started: string;
  /** ISO time. */
  readonly at: string;
}

/** This process, as the owner of what it makes now. */
export async function ownerNow(runId: string): Promise<SpaceOwner> {
  const self = await lookUpProcess(process.pid);
  return {
    runId,
    host: await thisHost(),
    pid: process.pid,
    started: self?.started ?? '',
    at: new Date().toISOString(),
  };
}

/** Reads an owner that was written as JSON; `undefined` for anything else. */
export function parseOwner(text: string | undefined): SpaceOwner | undefined {
  try {
    const { runId, host, pid, started, at } = JSON.parse(text ?? '') as Partial<SpaceOwner>;
    if (runId === undefined || host === undefined || pid === undefined || started === undefined || at === undefined) {
      return undefined;
    }
    return { runId, host, pid, started, at };
  } catch {
    return undefined;
  }
}
