import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, removeFolder, removeIfEmpty } from '../support/files.ts';
import type { SpaceProcess, Space } from './provider.ts';
import { lookUpProcess, thisHost } from '../support/processes.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import { bug } from '../support/step-error.ts';

const REMOVAL_LIMIT_MS = 30_000;

/** A folder name made of the cell's, one that class paths, URLs and engines take as it is; never given twice. */
export async function freeName(parent: string, cell: string, given: Set<string>): Promise<string> {
  const base = cell.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    const path = join(parent, name);
    if (given.has(path)) continue;
    given.add(path);
    if (!(await exists(path))) return name;
  }
}

/** A folder for each, in their order; only this user may look into it. */
export async function makeStagingFolders(
  folder: string,
  processes: readonly SpaceProcess[],
): Promise<readonly string[]> {
  return await Promise.all(
    processes.map(async ({ id }) => {
      const stagingFolder = join(folder, id);
      await mkdir(stagingFolder, { recursive: true, mode: 0o700 });
      return stagingFolder;
    }),
  );
}

/** @param entry the folder's entry in the ledger; without one there is no folder yet */
export async function removeSpaceFolder(folder: string, ledger: Ledger, entry: string | undefined): Promise<void> {
  if (entry === undefined) return;
  await removeFolder(folder, REMOVAL_LIMIT_MS);
  // The run's own folder, where the run has not put anything else there.
  await removeIfEmpty(join(folder, '..'));
  await ledger.undone(entry);
}

/** Takes every step, whatever the others do. @returns what failed */
export async function attemptEach(steps: readonly (() => Promise<unknown>)[]): Promise<readonly Error[]> {
  const failures: Error[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return failures;
}

/** Takes every step that ends a space. @throws AggregateError with every failure */
export async function endSpace({ id }: Space, steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures = await attemptEach(steps);
  if (failures.length === 0) return;
  const words = failures.map((failure) => failure.message).join('; ');
  throw new AggregateError(failures, `space ${id} could not be destroyed completely: ${words}`);
}

/** Jars in folders below a staging folder, as paths relative to it, sorted within each folder; a folder that is not there has none. */
export async function jarsOfFolders(stagingFolder: string, folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(stagingFolder, folder)).catch(() => []);
      return names
        .filter((name) => name.endsWith('.jar'))
        .sort()
        .map((name) => `${folder}/${name}`);
    }),
  );
  return lists.flat();
}

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
  const at = new Date().toISOString();
  return { runId, host: await thisHost(), pid: process.pid, started: self?.started ?? '', at };
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

/** The common part of a space that is not destroyed yet, with every provider. */
export interface OpenSpaceBase {
  readonly space: Space;
  readonly folder: string;
  readonly ledger: Ledger;
  /** Starts under way: destruction waits for them, or it would miss their processes. */
  readonly busy: Set<Promise<unknown>>;
  /** Set once destruction has begun. */
  destroying?: Promise<void>;
}

/** Starts a program; the destruction of its space waits for it. @param start runs unless destruction has begun */
export async function startIn<T>(open: OpenSpaceBase, id: string, start: () => Promise<T>): Promise<T> {
  const { space, busy, destroying } = open;
  if (destroying) bug(`space ${space.id} is being destroyed: ${id} cannot start`);
  const starting = start();
  busy.add(starting);
  return await starting.finally(() => busy.delete(starting));
}

/** The open spaces of a provider. */
export class OpenSpaces<S extends OpenSpaceBase> {
  readonly #open = new Map<string, S>();
  readonly #close: (open: S) => Promise<void>;

  constructor(close: (open: S) => Promise<void>) {
    this.#close = close;
  }

  get all(): Iterable<S> {
    return this.#open.values();
  }

  add(open: S): Space {
    this.#open.set(open.space.id, open);
    return open.space;
  }

  /** @throws Error for a space that is not open: a mistake of the caller */
  of({ id }: Space): S {
    return this.#open.get(id) ?? bug(`space ${id} is not open`);
  }

  has({ id }: Space): boolean {
    return this.#open.has(id);
  }

  /** Closes a space once for all who ask; one that is not open is destroyed already. A failure leaves it to the next call. */
  async destroy({ id }: Space): Promise<void> {
    const open = this.#open.get(id);
    if (!open) return;
    open.destroying ??= this.#close(open);
    try {
      await open.destroying;
      this.#open.delete(id);
    } catch (error) {
      delete open.destroying;
      throw error;
    }
  }
}

/** A space and its processes by their ids. */
interface Processes<R> {
  readonly space: Space;
  readonly processes: ReadonlyMap<string, R>;
}

export function nodeOf<R>({ space, processes }: Processes<R>, node: string): R {
  const known = [...space.places.keys()].join(', ');
  const spaceProcess = space.places.has(node) ? processes.get(node) : undefined;
  return spaceProcess ?? bug(`space ${space.id} has no node ${node}; it has ${known}`);
}

export function serviceOf<R>({ space, processes }: Processes<R>, service: string): R {
  const known = [...space.services.keys()].join(', ') || 'none';
  const spaceProcess = space.services.has(service) ? processes.get(service) : undefined;
  return spaceProcess ?? bug(`space ${space.id} has no service ${service}; it has ${known}`);
}

/** A node or a service. */
export function anyOf<R>(open: Processes<R>, id: string): R {
  return open.space.services.has(id) ? serviceOf(open, id) : nodeOf(open, id);
}
