import lockfile from 'proper-lockfile';

/** Gives the lock back; fails when it was lost already (a machine that slept, a folder that is gone). */
export type Release = () => Promise<void>;

/** A holder says it lives every `update`; one that did not for `stale` is dead, and its lock is taken over. */
const LIFE = { stale: 10_000, update: 2_500 };

/**
 * Takes the lock of a file, the folder `<file>.lock` beside it; `undefined` while a living process holds it.
 * @throws the system's error, ENOENT if the folder above is not there
 */
export async function tryLock(file: string): Promise<Release | undefined> {
  try {
    // The loss of a lock is harmless: whatever is made under one appears by a rename, and removals can be done twice.
    return await lockfile.lock(file, { ...LIFE, retries: 0, realpath: false, onCompromised: () => undefined });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED') return undefined;
    throw error;
  }
}
