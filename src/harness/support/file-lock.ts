import lockfile from 'proper-lockfile';

/** Gives the lock back; fails when it was lost already (a machine that slept, a folder that is gone). */
export type Release = () => Promise<void>;

/** A holder says it lives every `update`; one that did not for `stale` is dead, and its lock is taken over. */
const LIFE = { stale: 10_000, update: 2_500 };

/** Until a holder that has died counts as dead. */
export const LOCK_PATIENCE_MS = LIFE.stale + LIFE.update;
const PAUSE_MS = 500;

/**
 * Takes the lock of a file, the folder `<file>.lock` beside it; `undefined` while a living process holds it.
 * @param patienceMs how long to wait for it
 * @throws the system's error, ENOENT if the folder above is not there
 */
export async function tryLock(file: string, patienceMs = 0): Promise<Release | undefined> {
  const retries = { retries: patienceMs / PAUSE_MS, factor: 1, minTimeout: PAUSE_MS };
  try {
    // The loss of a lock is harmless: whatever is made under one appears by a rename, and removals can be done twice.
    return await lockfile.lock(file, { ...LIFE, retries, realpath: false, onCompromised: () => undefined });
  } catch (error) {
    return ifHeld(error);
  }
}

/** Does work under the lock of a file, unless a living process holds it. Synchronous, for a process that leaves. */
export function unlessLocked(file: string, work: () => void): void {
  let release: () => void;
  try {
    release = lockfile.lockSync(file, { ...LIFE, realpath: false });
  } catch (error) {
    return ifHeld(error);
  }
  try {
    work();
  } finally {
    release();
  }
}

/** For `catch`: nothing where a living process holds the lock; every other error is thrown on. */
function ifHeld(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ELOCKED') return undefined;
  throw error;
}
