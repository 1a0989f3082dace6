import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import { blocked } from '../domain/step-error.ts';
import type { Progress } from '../support/progress.ts';
import { WaitTimeout, waitUntil, type Seen } from '../support/wait-until.ts';
import { errorCode } from './cache-errors.ts';

export interface LockRequest {
  /** Absolute path; the lock is the folder beside it, `<file>.lock`. */
  readonly file: string;
  /** What is done under the lock, for people. */
  readonly what: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds; default 20 minutes: the other run may be downloading over a slow line. */
  readonly limit?: number;
}

type Release = () => Promise<void>;

/** A holder says it lives every `update`; one that did not for `stale` is dead, and its lock is taken over. */
const LIFE = { stale: 10_000, update: 2_500 };
const DEFAULT_LIMIT_MS = 20 * 60_000;

/**
 * Does `work` while no other process holds the same lock.
 * @throws StepError blocked when the lock was not free within the limit
 */
export async function withLock<T>(request: LockRequest, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(request.file), { recursive: true });
  const release = await acquire(request);
  try {
    return await work();
  } finally {
    // Fails only when the lock was lost already (a machine that slept), and then there is nothing to give back.
    await release().catch(() => undefined);
  }
}

async function acquire(request: LockRequest): Promise<Release> {
  const { file, what, progress, signal, limit = DEFAULT_LIMIT_MS } = request;
  let told = false;
  const probe = async (): Promise<Seen<Release>> => {
    const release = await tryLock(file);
    if (release) return { done: true, value: release };
    if (!told) progress.say(`waiting for another run: ${what}`);
    told = true;
    return { done: false, last: `${file}.lock is held by a living run` };
  };
  return waitUntil(probe, { name: `lock of ${what}`, limit, every: 100, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    if (!(cause instanceof WaitTimeout)) throw cause;
    throw blocked('resolve', `${cause.message}. End the other run, or set COMPAT_CACHE to another folder.`, { cause });
  });
}

async function tryLock(file: string): Promise<Release | undefined> {
  try {
    // Losing a lock is harmless: whatever is made under one appears by a rename, whole.
    return await lockfile.lock(file, { ...LIFE, retries: 0, realpath: false, onCompromised: () => undefined });
  } catch (error) {
    if (errorCode(error) === 'ELOCKED') return undefined;
    throw error;
  }
}
