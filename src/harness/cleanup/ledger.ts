import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { DatabaseServer } from '../config/outside.ts';
import { lookUpProcess, type ProcessRef } from '../support/processes.ts';

/** Something that a run created and must remove. Written to the run's ledger *before* the thing exists. */
export type Creation =
  /** A folder, removed with all below it. */
  | { readonly kind: 'folder'; readonly path: string }
  /**
   * Processes that carry `CORDA_COMPAT_SPACE=<marker>` in their environment, and their process groups.
   * The marker finds them even when the run died between starting one and writing down its pid.
   */
  | { readonly kind: 'processes'; readonly marker: string }
  /** A database and the role of the same name on a PostgreSQL server. */
  | { readonly kind: 'database'; readonly server: DatabaseServer; readonly name: string }
  /** Containers, networks and volumes of an engine that carry a label, `name=value`. */
  | { readonly kind: 'docker'; readonly engine: EngineAddress; readonly label: string }
  /** A namespace of a cluster whose label of the space has this value, and all that is in it; or all in it that has that label. */
  | {
      readonly kind: 'kubernetes';
      readonly cluster: ClusterAddress;
      readonly namespace: string;
      readonly space: string;
      /** The namespace has another owner. It stays, with all objects that are not the space's. */
      readonly given?: true;
    };

/** Where a cluster is found, as kubectl finds it. */
export interface ClusterAddress {
  /** Value of KUBECONFIG: a file, or several; absent for the user's own, or what a Pod has. */
  readonly kubeconfig?: string;
  /** Absent for the current one. */
  readonly context?: string;
}

/** Where a Docker engine listens. */
export interface EngineAddress {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  readonly url: string;
  /** Folder of `ca.pem`, `cert.pem` and `key.pem`, where it wants TLS. */
  readonly certPath?: string;
}

/** The environment variable that marks every process the harness starts. */
export const SPACE_MARKER = 'CORDA_COMPAT_SPACE';

/** Marks processes that work for one folder, by its path: a removal of the folder ends them first. */
export const WORK_MARKER = 'CORDA_COMPAT_WORK';

/** The part of the run's ledger that a provider needs. */
export interface Ledger {
  /** Resolves once the line is on disk; only then may the thing be created. Returns the entry's id. */
  record(creation: Creation): Promise<string>;
  /** A process of an entry, so that it can be found where environments cannot be read (not Linux). */
  addProcess(entry: string, pid: number): Promise<void>;
  /** The thing is gone: seen, not hoped. */
  undone(entry: string): Promise<void>;
}

export const LEDGER_FILE = 'ledger.jsonl';

/** A creation that is not undone yet. */
export interface LedgerEntry {
  readonly id: string;
  readonly creation: Creation;
  /** Processes of it, told by number and start time. */
  readonly processes: readonly ProcessRef[];
}

export interface LedgerContents {
  /** Open entries, newest first: the order in which to undo them. */
  readonly entries: readonly LedgerEntry[];
  /** How many entries there ever were. */
  readonly recorded: number;
  /** Lines that are no ledger lines: a run that died while writing leaves one half written, never acknowledged. */
  readonly damaged: number;
}

/** The run's ledger: a file of JSON lines, each on disk before its promise resolves. */
export interface RunLedger extends Ledger {
  /** Open entries, newest first, as they stand in the file. */
  entries(): Promise<readonly LedgerEntry[]>;
  close(): Promise<void>;
}

type LedgerLine =
  | { readonly event: 'record'; readonly id: string; readonly creation: Creation; readonly at: string }
  | { readonly event: 'process'; readonly id: string; readonly process: ProcessRef }
  | { readonly event: 'undone'; readonly id: string; readonly at: string };

/** Opens or makes a ledger file. @throws Error of the file system */
export async function openLedger(file: string): Promise<RunLedger> {
  const handle = await open(file, 'a', 0o600);
  const text = await readFile(file, 'utf8');
  const lines = new LineWriter(handle, text !== '' && !text.endsWith('\n'));
  let { recorded } = contentsOf(text);
  const now = (): string => new Date().toISOString();
  return {
    async record(creation) {
      recorded += 1;
      const id = String(recorded);
      await lines.write({ event: 'record', id, creation, at: now() });
      return id;
    },
    async addProcess(id, pid) {
      const row = await lookUpProcess(pid);
      // One that is gone by now needs no ending.
      if (row) await lines.write({ event: 'process', id, process: { pid, started: row.started } });
    },
    async undone(id) {
      await lines.write({ event: 'undone', id, at: now() });
    },
    entries: async () => (await readLedger(file)).entries,
    close: () => handle.close(),
  };
}

/** Reads a ledger that may have been cut off anywhere; one that is not there has no entries. */
export async function readLedger(file: string): Promise<LedgerContents> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return contentsOf(text);
}

function contentsOf(text: string): LedgerContents {
  const open = new Map<string, LedgerEntry>();
  let recorded = 0;
  let damaged = 0;
  for (const line of text.split('\n').filter((words) => words !== '')) {
    const parsed = parseLine(line);
    if (!parsed) damaged += 1;
    else if (parsed.event === 'record') {
      recorded += 1;
      open.set(parsed.id, { id: parsed.id, creation: parsed.creation, processes: [] });
    } else if (parsed.event === 'undone') open.delete(parsed.id);
    else {
      const entry = open.get(parsed.id);
      if (entry) open.set(parsed.id, { ...entry, processes: [...entry.processes, parsed.process] });
    }
  }
  return { entries: [...open.values()].reverse(), recorded, damaged };
}

/** Checked by hand and not by a schema library: the reaper reads ledgers and is to stay small. */
function parseLine(line: string): LedgerLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isLine(value) ? value : undefined;
}

function isLine(value: unknown): value is LedgerLine {
  if (!isObject(value) || typeof value['id'] !== 'string') return false;
  const { event, creation, process } = value;
  if (event === 'undone') return true;
  if (event === 'record') return isCreation(creation);
  return (
    event === 'process' &&
    isObject(process) &&
    Number.isSafeInteger(process['pid']) &&
    typeof process['started'] === 'string'
  );
}

function isCreation(value: unknown): value is Creation {
  if (!isObject(value)) return false;
  const { kind, path, marker, label, engine, server, name, cluster, namespace, space } = value;
  if (kind === 'database') return isText(name) && isObject(server) && isText(server['host']);
  if (kind === 'docker') return isText(label) && isObject(engine) && isText(engine['url']);
  if (kind === 'kubernetes') return isObject(cluster) && isText(namespace) && isText(space);
  return isText(kind === 'folder' ? path : kind === 'processes' ? marker : undefined);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

class LineWriter {
  readonly #handle: FileHandle;
  /** The last line may lack its end: the next one must not be glued to it. */
  #torn: boolean;

  constructor(handle: FileHandle, torn: boolean) {
    this.#handle = handle;
    this.#torn = torn;
  }

  async write(line: LedgerLine): Promise<void> {
    const text = `${this.#torn ? '\n' : ''}${JSON.stringify(line)}\n`;
    try {
      // One write to a file opened for appending: lines of several writers do not mix.
      await this.#handle.write(text);
      this.#torn = false;
      await this.#handle.datasync();
    } catch (error) {
      this.#torn = true;
      throw new Error(`the run failed to write its ledger: ${(error as Error).message}`, { cause: error });
    }
  }
}
