import {
  carriesMarker,
  describeProcess,
  listProcesses,
  type EnvironmentMarker,
  type ProcessRef,
  type ProcessRow,
} from './process-table.ts';
import { waitUntil, type Seen } from './wait-until.ts';

/** Which processes: those that carry the marker, and those recorded by number and start time. */
export interface ProcessSelection {
  readonly marker?: EnvironmentMarker;
  readonly recorded?: readonly ProcessRef[];
}

export interface EndProcessesOptions extends ProcessSelection {
  /** For messages: `processes of space …`. */
  readonly name: string;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Milliseconds after which a process that is still there is an error. */
  readonly limitMs: number;
}

/** Looks that must find nothing before processes count as gone: a process may be born while one is looking. */
const QUIET_LOOKS = 2;

/** The selected processes that live now, without this one. */
export async function findProcesses(selection: ProcessSelection): Promise<readonly ProcessRow[]> {
  return await selectFrom(await listProcesses(), selection);
}

/**
 * Ends the selected processes and the process groups that they lead: SIGTERM, after `graceMs` SIGKILL, until none is left.
 * A process whose start time differs from the recorded one is another process and stays untouched.
 * @throws WaitTimeout naming what is still there after `limitMs`
 */
export async function endProcesses(options: EndProcessesOptions): Promise<void> {
  const hunt = new Hunt(options);
  await waitUntil(() => hunt.round(), { name: `end of ${options.name}`, limit: options.limitMs, every: 40 });
}

class Hunt {
  readonly #options: EndProcessesOptions;
  readonly #forceAt: number;
  /** Groups whose leader was seen alive and ours; they may outlive it. */
  readonly #leaders = new Map<number, string>();
  readonly #asked = new Set<string>();
  #quiet = 0;

  constructor(options: EndProcessesOptions) {
    this.#options = options;
    this.#forceAt = performance.now() + options.graceMs;
  }

  async round(): Promise<Seen<void>> {
    const found = await this.#find();
    if (found.length === 0) {
      this.#quiet += 1;
      return this.#quiet >= QUIET_LOOKS ? { done: true, value: undefined } : { done: false, last: 'none' };
    }
    this.#quiet = 0;
    const refusals = performance.now() >= this.#forceAt ? this.#force(found) : this.#ask(found);
    const words = await Promise.all(found.slice(0, 5).map((row) => describeProcess(row.pid)));
    return { done: false, last: [...words, ...refusals].join(', ') };
  }

  async #find(): Promise<readonly ProcessRow[]> {
    const all = await listProcesses();
    const selected = await selectFrom(all, this.#options);
    for (const row of selected) if (row.group === row.pid) this.#leaders.set(row.pid, row.started);
    this.#forgetForeignGroups(all);
    const chosen = new Set(selected.map((row) => row.pid));
    return all.filter((row) => chosen.has(row.pid) || this.#leaders.has(row.group));
  }

  /** A group's number is taken as long as it has a member; a new process of that number means that ours is gone. */
  #forgetForeignGroups(all: readonly ProcessRow[]): void {
    for (const row of all) {
      const started = this.#leaders.get(row.pid);
      if (started !== undefined && started !== row.started) this.#leaders.delete(row.pid);
      if (row.pid === process.pid) this.#leaders.delete(row.group);
    }
  }

  #ask(found: readonly ProcessRow[]): readonly string[] {
    const fresh = found.filter((row) => !this.#asked.has(`${row.pid} ${row.started}`));
    for (const row of fresh) this.#asked.add(`${row.pid} ${row.started}`);
    return fresh.flatMap((row) => send(row.pid, 'SIGTERM'));
  }

  #force(found: readonly ProcessRow[]): readonly string[] {
    const groups = new Set(found.filter((row) => this.#leaders.has(row.group)).map((row) => row.group));
    const single = found.filter((row) => !groups.has(row.group)).map((row) => row.pid);
    return [...[...groups].map((group) => -group), ...single].flatMap((target) => send(target, 'SIGKILL'));
  }
}

async function selectFrom(
  all: readonly ProcessRow[],
  { marker, recorded = [] }: ProcessSelection,
): Promise<readonly ProcessRow[]> {
  const known = new Map(recorded.map((ref) => [ref.pid, ref.started]));
  const chosen = await Promise.all(
    all.map(async (row) => {
      if (row.pid === process.pid) return false;
      if (known.get(row.pid) === row.started) return true;
      return marker !== undefined && (await carriesMarker(row.pid, marker));
    }),
  );
  return all.filter((_, index) => chosen[index]);
}

function send(target: number, signal: 'SIGTERM' | 'SIGKILL'): readonly string[] {
  try {
    process.kill(target, signal);
    return [];
  } catch (error) {
    // ESRCH: gone in between, which is what was wanted.
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return code === 'ESRCH' ? [] : [`${signal} to ${target}: ${code}`];
  }
}
