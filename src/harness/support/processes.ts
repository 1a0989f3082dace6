import { execFile } from 'node:child_process';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hostname } from 'node:os';
import { waitUntil, type Seen } from './wait.ts';

/** A choice of processes: those with the marker, and those recorded by number and start time. */
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

async function selectFrom(all: readonly ProcessRow[], { marker, recorded = [] }: ProcessSelection) {
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

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessRef {
  readonly pid: number;
  /** Opaque; equal for the same process, different after the number was used again or the machine started anew. */
  readonly started: string;
}

/** A living process of this machine; zombies count as gone. */
interface ProcessRow extends ProcessRef {
  /** Process group. */
  readonly group: number;
}

/** An environment variable with which a process was started. Children inherit it. */
export interface EnvironmentMarker {
  readonly name: string;
  /** Finds this value and all values below it: `run` finds `run` and `run/cell`. */
  readonly value: string;
}

/** Each with an option of its own: what follows a `=` is a heading, commas included, in some versions of ps. */
const PS_COLUMNS = ['pid=', 'pgid=', 'stat=', 'lstart='].flatMap((column) => ['-o', column]);

/** All living processes that this user can see. */
export async function listProcesses(): Promise<readonly ProcessRow[]> {
  if (process.platform !== 'linux') return await listByPs();
  const boot = await bootId();
  const rows = await Promise.all((await linuxPids()).map((pid) => linuxRow(pid, boot)));
  return rows.filter((row) => row !== undefined);
}

/** The living process of this number now, or `undefined`. */
export async function lookUpProcess(pid: number): Promise<ProcessRow | undefined> {
  if (process.platform === 'linux') return await linuxRow(pid, await bootId());
  return (await runPs([...PS_COLUMNS, '-p', String(pid)]))[0];
}

/** Whether this very process, and not a later one with its number, is alive. */
export async function isAlive(ref: ProcessRef): Promise<boolean> {
  return (await lookUpProcess(ref.pid))?.started === ref.started;
}

/** Whether a process was started with the marker. Always false if environments cannot be read (not Linux). */
export async function carriesMarker(pid: number, marker: EnvironmentMarker): Promise<boolean> {
  const environment = (await readProc(`${pid}/environ`))?.split('\0') ?? [];
  const wanted = `${marker.name}=${marker.value}`;
  const found = environment.find((line) => line.startsWith(`${marker.name}=`)) ?? '';
  return found === wanted || found.startsWith(`${wanted}/`);
}

/** `pid 4711 (java … net.corda.node.Corda)`, for messages. */
export async function describeProcess(pid: number): Promise<string> {
  const words = (await readProc(`${pid}/cmdline`))?.split('\0').filter((word) => word !== '') ?? [];
  if (words.length === 0) return `pid ${pid}`;
  const [command = '', ...rest] = words;
  const telling = rest.filter((word) => !word.startsWith('-') && word.length < 80).slice(0, 2);
  return `pid ${pid} (${[command, ...telling].join(' ')})`;
}

/** Resident memory in megabytes; `undefined` if it cannot be told. */
export async function residentMb(pid: number): Promise<number | undefined> {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec((await readProc(`${pid}/status`)) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** Numbers of all processes that `/proc` shows; none if there is no `/proc`. */
export async function linuxPids(): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function linuxRow(pid: number, boot: string): Promise<ProcessRow | undefined> {
  const stat = await readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command, in brackets, may itself hold blanks and brackets: fields are counted after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const ticks = fields[19];
  if (group === undefined || ticks === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, started: `${boot}:${ticks}`, group: Number(group) };
}

/** Start times count from the machine's start, so they mean something together with which start that was. */
async function bootId(): Promise<string> {
  return ((await readProc('sys/kernel/random/boot_id')) ?? 'boot').slice(0, 8);
}

async function readProc(path: string): Promise<string | undefined> {
  // Gone in between, or another user's.
  return await readFile(`/proc/${path}`, 'utf8').catch(() => undefined);
}

/** The table as `ps` tells it: the way where there is no `/proc`. */
export async function listByPs(): Promise<readonly ProcessRow[]> {
  return await runPs(['-ax', ...PS_COLUMNS]);
}

/** Not by execa: the reaper, which is one small file, lists processes as well. */
async function runPs(args: readonly string[]): Promise<readonly ProcessRow[]> {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = await promisify(execFile)('ps', [...args], { env, maxBuffer: 16_000_000 }).catch(
    // ps ends with 1 when no process has that number.
    () => ({ stdout: '' }),
  );
  return parsePs(stdout);
}

/** Reads process number, group, state and start time, as `ps` prints them. */
export function parsePs(text: string): readonly ProcessRow[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, group, stat, started] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (pid === undefined || group === undefined || started === undefined || stat?.startsWith('Z')) return [];
    return [{ pid: Number(pid), group: Number(group), started }];
  });
}

/** The space in which process numbers count. Containers may share a folder and a host name, but number their processes apart. */
export async function thisHost(): Promise<string> {
  const processSpace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${hostname()} ${processSpace}`.trim();
}
