import { setTimeout as sleep } from 'node:timers/promises';
import { textTable } from '../src/harness/report/terminal.ts';
import { linuxPids } from '../src/harness/support/processes.ts';
import { circumstances, withBench } from './lib/bench.ts';
import { verdict } from './lib/figures.ts';
import { runCell } from './lib/run-cell.ts';
import { processesOf, readProc, sum, usageOf, type ProcessUsage } from './lib/usage.ts';

const CELL = '4.8+4.10';
const HARNESS_GOAL_MB = 250;
const NETWORK_GOAL_MB = 3 * 1024;

interface Kind {
  readonly name: string;
  /** Pattern of its command line. */
  readonly pattern?: RegExp;
  readonly of: 'harness' | 'network' | 'other';
}

/** The kinds of processes. The first match counts. */
const KINDS: readonly Kind[] = [
  { name: 'nodes', pattern: /net\.corda\.node\.Corda/, of: 'network' },
  { name: 'driver', pattern: /compat\.driver\.Main/, of: 'network' },
  { name: 'minter, before the nodes', pattern: /\/bin\/javac?\b/, of: 'other' },
  { name: 'reaper', pattern: /reaper/, of: 'harness' },
  { name: 'vitest worker', pattern: /vitest\/suppress-warnings/, of: 'harness' },
  { name: 'npx and its shell', pattern: /^npm |^(\/bin\/)?sh /, of: 'other' },
  { name: 'vitest main process', pattern: /\.bin\/vitest/, of: 'harness' },
  { name: 'esbuild, for a moment', pattern: /esbuild/, of: 'harness' },
];
const OTHERS: Kind = { name: 'others', of: 'other' };
const TOGETHER = { harness: 'harness, all at one moment', network: 'network, all at one moment' } as const;
const SAMPLE_MS = 500;

/** One process at one moment, in MB: the pages it alone has, and those that others map as well (Node's own code). */
interface Memory {
  readonly own: number;
  readonly shared: number;
}

/** Most of several processes: added up, and with what they share counted once, which is what the machine gives. */
interface Peak {
  readonly added: number;
  readonly once: number;
}

/** Most that was seen at one moment. */
class Peaks {
  readonly #peaks = new Map<string, Peak>();

  note(name: string, memories: readonly Memory[]): void {
    const before = this.of(name);
    const own = sum(memories.map((memory) => memory.own));
    const added = own + sum(memories.map(({ shared }) => shared));
    const once = own + Math.max(0, ...memories.map(({ shared }) => shared));
    this.#peaks.set(name, { added: Math.max(added, before.added), once: Math.max(once, before.once) });
  }

  of(name: string): Peak {
    return this.#peaks.get(name) ?? { added: 0, once: 0 };
  }
}

/** `[cells]`: memory of all processes of one vitest run, looked at twice a second. */
export async function main(args: readonly string[]): Promise<void> {
  const cell = args[0] ?? CELL;
  const peaks = new Peaks();
  await withBench(async (bench) => {
    bench.say(`a run of ${cell}`);
    const over = new AbortController();
    const watching = watch(peaks, `${bench.runId}/vitest`, over.signal);
    await runCell(bench, cell);
    over.abort();
    await watching;
  });
  const rows = [...KINDS, OTHERS].map(({ name, of }) => row(name, of, peaks));
  rows.push(...Object.entries(TOGETHER).map(([of, name]) => row(name, of, peaks)));
  const [harness, network] = [peaks.of(TOGETHER.harness).once, peaks.of(TOGETHER.network).added];
  console.log(
    [
      '',
      ...textTable([`processes of a run of ${cell}`, 'part of', 'peak RSS, MB', 'shared pages once'], rows),
      verdict('harness', `${harness.toFixed(0)} MB`, `< ${HARNESS_GOAL_MB} MB`, harness < HARNESS_GOAL_MB),
      verdict('network', `${network.toFixed(0)} MB`, `≤ ${NETWORK_GOAL_MB} MB`, network <= NETWORK_GOAL_MB),
      circumstances(),
    ].join('\n'),
  );
}

async function watch(peaks: Peaks, marker: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const processes = await withDescendants(await processesOf(marker));
    const looks = await Promise.all(processes.map(async (one) => ({ ...kindOf(one), memory: await memoryOf(one) })));
    const memories = (isMeant: (look: (typeof looks)[number]) => boolean) =>
      looks.filter(isMeant).map(({ memory }) => memory);
    for (const { name } of [...KINDS, OTHERS])
      peaks.note(
        name,
        memories((look) => look.name === name),
      );
    for (const [of, name] of Object.entries(TOGETHER))
      peaks.note(
        name,
        memories((look) => look.of === of),
      );
    await sleep(SAMPLE_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

function kindOf({ command }: ProcessUsage): Kind {
  return KINDS.find(({ pattern }) => pattern?.test(command)) ?? OTHERS;
}

/** The kernel walks all pages of a process to tell its shared ones: nodes are not held up for that. */
async function memoryOf(process: ProcessUsage): Promise<Memory> {
  const { pid, rssMb } = process;
  if (kindOf(process).of !== 'harness') return { own: rssMb, shared: 0 };
  const rollup = (await readProc(pid, 'smaps_rollup')) ?? '';
  const kilobytes = [...rollup.matchAll(/^Shared_\w+:\s+(\d+) kB/gm)].map(([, digits]) => Number(digits));
  const shared = sum(kilobytes) / 1024;
  return { own: rssMb - shared, shared };
}

function row(name: string, of: string, peaks: Peaks): string[] {
  const { added, once } = peaks.of(name);
  return [name, of, added.toFixed(0), of === 'harness' ? once.toFixed(0) : ''];
}

/** Nodes and the reaper carry no mark of this bench, but they are children of processes that do. */
async function withDescendants(marked: readonly ProcessUsage[]): Promise<readonly ProcessUsage[]> {
  const pids = await linuxPids();
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const)));
  const roots = new Set(marked.map(({ pid }) => pid));
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (roots.has(pid) || isOurs(parents.get(pid)));
  const all = await Promise.all(pids.filter(isOurs).map(usageOf));
  return all.filter((usage) => usage !== undefined);
}

async function parentOf(pid: number): Promise<number | undefined> {
  const parent = /^PPid:\s+(\d+)/m.exec((await readProc(pid, 'status')) ?? '')?.[1];
  return parent === undefined ? undefined : Number(parent);
}
