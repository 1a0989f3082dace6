import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Step } from '../support/step-error.ts';
import type { Progress } from '../support/progress.ts';
import { cacheFolder, explainDiskError } from './cache-folder.ts';
import { withLock, sweepTemporary, temporaryFolder } from './cache-files.ts';
import { isFolder } from '../support/files.ts';
import type { Environment } from '../config/variables.ts';

/** An entry's name: a kind (`kit`, `java`, `template`) and a digest of all its inputs. */
export interface EntryName {
  readonly kind: string;
  readonly key: string;
  /** The step of the cell that needs it, for errors; default `resolve`. */
  readonly step?: Step;
  /** Milliseconds to wait for another run that makes the same; default 20 minutes. */
  readonly patience?: number;
}

/**
 * Fills `folder`, which exists and is empty. It becomes `final` by one rename, so nothing that needs its own path
 * (a link, a program's interpreter) may name `folder`.
 */
export type MakeEntry = (folder: string, final: string) => Promise<void>;

/** The folder of downloads and builds, shared by all runs of this user. */
export interface Cache extends ContentCache {
  /** Absolute path. */
  readonly folder: string;
  /** The entry's absolute folder; made first where it is missing, by one maker at a time, wholly or not at all. */
  entry(name: EntryName, make: MakeEntry): Promise<string>;
  /** The entry's folder, if it is there. */
  find(name: EntryName): Promise<string | undefined>;
  /** Removes an entry that turned out to be damaged. */
  remove(name: EntryName): Promise<void>;
  /** Does `work` while no other run works under the same name. `what` completes "waiting for another run: …". */
  exclusively<T>(name: string, what: string, work: () => Promise<T>, patience?: number): Promise<T>;
}

export interface CacheOptions {
  readonly env: Environment;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Opens the cache: makes its folder, and removes unfinished work of dead runs.
 *
 * @throws StepError blocked where the folder cannot be written
 */
export async function openCache(options: CacheOptions): Promise<Cache> {
  const folder = cacheFolder(options.env);
  await explainDiskError({ folder, step: 'resolve' }, async () => {
    await mkdir(folder, { recursive: true });
    await sweepTemporary(folder);
  });
  return new FolderCache(folder, options);
}

class FolderCache implements Cache {
  readonly folder: string;
  readonly #options: CacheOptions;
  /** Entries being made in this process. */
  readonly #inFlight = new Map<string, Promise<string>>();

  constructor(folder: string, options: CacheOptions) {
    this.folder = folder;
    this.#options = options;
  }

  async entry(name: EntryName, make: MakeEntry): Promise<string> {
    const path = this.#pathOf(name);
    const running = this.#inFlight.get(path);
    if (running) return running;
    const making = this.#findOrMake(name, path, make).finally(() => this.#inFlight.delete(path));
    this.#inFlight.set(path, making);
    return making;
  }

  async find(name: EntryName): Promise<string | undefined> {
    const path = this.#pathOf(name);
    return (await isFolder(path)) ? path : undefined;
  }

  async remove(name: EntryName): Promise<void> {
    await rm(this.#pathOf(name), { recursive: true, force: true });
  }

  exclusively<T>(name: string, what: string, work: () => Promise<T>, patience?: number): Promise<T> {
    const { progress, signal } = this.#options;
    const limit = patience === undefined ? {} : { limit: patience };
    return withLock({ file: join(this.folder, 'locks', fileName(name)), what, progress, signal, ...limit }, work);
  }

  async #findOrMake(name: EntryName, path: string, make: MakeEntry): Promise<string> {
    if (await isFolder(path)) return path;
    const what = `${name.kind} ${name.key} in ${this.folder}`;
    return explainDiskError({ folder: this.folder, step: name.step ?? 'resolve' }, () =>
      this.exclusively(
        `${name.kind}-${name.key}`,
        what,
        async () => {
          // Another run may have made it while this one waited.
          if (!(await isFolder(path))) await this.#make(path, make);
          return path;
        },
        name.patience,
      ),
    );
  }

  async #make(path: string, make: MakeEntry): Promise<void> {
    this.#options.signal.throwIfAborted();
    const temporary = await temporaryFolder(this.folder);
    try {
      await make(temporary, path);
      this.#options.signal.throwIfAborted();
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path).catch(async (error: unknown) => {
        // A run whose machine slept can lose its lock: then the other one's entry is as good.
        if (!(await isFolder(path))) throw error;
      });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  #pathOf({ kind, key }: EntryName): string {
    return join(this.folder, 'entries', fileName(kind), fileName(key));
  }
}

/** Keys that are no good file names are replaced by their hash. */
function fileName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]{0,120}$/.test(text)) return text;
  return createHash('sha256').update(text).digest('hex');
}

/** Folders made once and kept, found again by what they were made from. Safe for two runs at once. */
export interface ContentCache {
  /**
   * The folder of an entry. `make` fills an empty folder where there is none yet; if it throws, nothing is kept.
   * `kind` is a word for people (`tools`, `schema`), `key` a digest of everything the content depends on; `step` is the step
   * of a cell that wants it, for errors.
   */
  entry(
    id: { readonly kind: string; readonly key: string; readonly step?: Step },
    make: (folder: string) => Promise<void>,
  ): Promise<string>;
}
