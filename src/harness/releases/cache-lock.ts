import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { blocked } from '../domain/step-error.ts';
import { tryLock, type Release } from '../support/file-lock.ts';
import type { Progress } from '../support/progress.ts';
import { WaitTimeout, waitUntil, type Seen } from '../support/wait-until.ts';

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
