import lockfile from 'proper-lockfile';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

const RETRY_MS = 500;

/** Two processes that do something with `path` at once: one after the other. A lock whose owner is dead is taken over. */
export async function exclusively<T>(path: string, work: () => Promise<T>, limitMs = 300_000): Promise<T> {
  const release = await locked(path, { limitMs, staleMs: 20_000 });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** @returns what lets others have it; a lock that nobody has renewed for `staleMs` is that of a dead one */
export async function locked(
  path: string,
  { limitMs, staleMs }: { readonly limitMs: number; readonly staleMs: number },
): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const retries = { retries: limitMs / RETRY_MS, factor: 1, minTimeout: RETRY_MS };
  // The path itself need not exist.
  return await lockfile.lock(path, { realpath: false, stale: staleMs, retries });
}
