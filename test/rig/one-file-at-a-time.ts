import { afterAll, beforeAll } from 'vitest';
import lockfile from 'proper-lockfile';
import { mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const RETRY_MS = 200;
/** As long as all others may take. */
const LIMIT_MS = 1_800_000;

/**
 * Tests that begin when no such tests of another file run on this machine: what they see of an engine or a cluster is then their own.
 * Tests that use neither go on beside them.
 */
export function alone(tests: () => void): () => void {
  return () => {
    takeTurn();
    tests();
  };
}

function takeTurn(): void {
  let release: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const folder = join(tmpdir(), `corda-compat-tests-${userInfo().uid}`);
    await mkdir(folder, { recursive: true });
    const retries = { retries: LIMIT_MS / RETRY_MS, factor: 1, minTimeout: RETRY_MS };
    release = await lockfile.lock(join(folder, 'rig'), { realpath: false, stale: 60_000, retries });
  }, LIMIT_MS);
  afterAll(() => release?.());
}
