import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { SPACE_MARKER } from '../../src/harness/cleanup/ledger.ts';
import { findProcesses } from '../../src/harness/support/processes.ts';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** What one living process takes. */
export interface ProcessUsage {
  readonly pid: number;
  /** Its command line. */
  readonly command: string;
  /** User and system time since it began, its ended children included. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

/**
 * Begins to count the CPU seconds of all that this process starts for a space. Looks at no process meanwhile: on a busy
 * machine looking is work that would be measured.
 */
export async function watchUsage(space: string): Promise<() => Promise<{ cpuSeconds: number; rssMb: number }>> {
  const before = await endedChildren();
  return async () => {
    const living = await processesOf(space);
    const cpuSeconds = (await endedChildren()) - before + sum(living.map((process) => process.cpuSeconds));
    return { cpuSeconds, rssMb: sum(living.map(({ rssMb }) => rssMb)) };
  };
}

/** The living processes that carry a space's or a run's marker. */
export async function processesOf(marker: string): Promise<readonly ProcessUsage[]> {
  const found = await findProcesses({ marker: { name: SPACE_MARKER, value: marker } });
  const usages = await Promise.all(found.map(({ pid }) => usageOf(pid)));
  return usages.filter((usage) => usage !== undefined);
}

/** Undefined when it is gone. */
export async function usageOf(pid: number): Promise<ProcessUsage | undefined> {
  const [stat, status, words] = await Promise.all(['stat', 'status', 'cmdline'].map((name) => readProc(pid, name)));
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status ?? '')?.[1];
  if (stat === undefined || words === undefined || kilobytes === undefined) return undefined;
  const [user = 0, system = 0, children = 0, childrenSystem = 0] = timesOf(stat);
  const cpuSeconds = user + system + children + childrenSystem;
  return { pid, command: words.split('\0').join(' ').trim(), cpuSeconds, rssMb: Number(kilobytes) / 1024 };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** CPU seconds of this process's children that have ended, and of theirs. */
export async function endedChildren(): Promise<number> {
  const [, , children = 0, childrenSystem = 0] = timesOf((await readProc('self', 'stat')) ?? '');
  return children + childrenSystem;
}

/** Seconds of user and system time, then those of ended children. */
function timesOf(stat: string): readonly number[] {
  // The command, in brackets, may hold blanks: fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map((ticks) => Number(ticks) / TICKS_PER_SECOND);
}

export async function readProc(pid: number | 'self', name: string): Promise<string | undefined> {
  return await readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => undefined);
}
