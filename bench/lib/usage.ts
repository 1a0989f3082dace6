import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SPACE_MARKER } from '../../src/harness/domain/ledger.ts';
import { findProcesses } from '../../src/harness/support/processes.ts';

const SAMPLE_MS = 250;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** What one living process takes. */
export interface ProcessUsage {
  readonly pid: number;
  /** Its command line. */
  readonly command: string;
  /** User and system time since it began. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  /** Its share: pages that several processes map are divided among them. */
  readonly pssMb: number;
}

export interface Usage {
  /** Of all processes that were ever seen. What one took between the last look at it and its end (250 ms) is missing. */
  readonly cpuSeconds: number;
  /** Those that lived at the last look. */
  readonly last: readonly ProcessUsage[];
}

/** Looks at processes until it is stopped; `onLook` gets each look. */
export function watchUsage(
  find: () => Promise<readonly number[]>,
  onLook: (processes: readonly ProcessUsage[]) => void = () => undefined,
): { stop(): Promise<Usage> } {
  const cpu = new Map<number, number>();
  const stop = new AbortController();
  const look = async (): Promise<readonly ProcessUsage[]> => {
    const looks = await Promise.all((await find()).map(usageOf));
    const processes = looks.filter((process) => process !== undefined);
    for (const { pid, cpuSeconds } of processes) cpu.set(pid, cpuSeconds);
    onLook(processes);
    return processes;
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await sleep(SAMPLE_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stop.abort();
      await watching;
      const last = await look();
      return { cpuSeconds: sum([...cpu.values()]), last };
    },
  };
}

/** Processes that carry a space's or a run's marker, for `watchUsage`. */
export function marked(value: string): () => Promise<readonly number[]> {
  return async () => (await findProcesses({ marker: { name: SPACE_MARKER, value } })).map(({ pid }) => pid);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function usageOf(pid: number): Promise<ProcessUsage | undefined> {
  const [stat = '', rollup = '', words = ''] = await Promise.all(
    ['stat', 'smaps_rollup', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  );
  // The command, in brackets, may hold blanks: fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const [rssMb, pssMb] = [megabytes(rollup, 'Rss'), megabytes(rollup, 'Pss')];
  // Gone in between.
  if (Number.isNaN(cpuSeconds) || rssMb === undefined || pssMb === undefined) return undefined;
  return { pid, command: words.split('\0').join(' ').trim(), cpuSeconds, rssMb, pssMb };
}

function megabytes(rollup: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}
