import lockfile from 'proper-lockfile';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

const RETRY_MS = 500;

/** Two processes that do something with `path` at once: one after the other. A lock whose owner is dead is taken over. */
export async function exclusively<T>(path: string, work: () => Promise<T>, limitMs = 300_000): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const retries = { retries: limitMs / RETRY_MS, factor: 1, minTimeout: RETRY_MS };
  // The path itself need not exist.
  const release = await lockfile.lock(path, { realpath: false, stale: 20_000, retries });
  try {
    return await work();
  } finally {
    await release();
  }
}
