import { afterAll, beforeAll } from 'vitest';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { locked } from './exclusively.ts';

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
    const path = join(tmpdir(), `corda-compat-tests-${userInfo().uid}`, 'rig');
    release = await locked(path, { limitMs: LIMIT_MS, staleMs: 60_000 });
  }, LIMIT_MS);
  afterAll(() => release?.());
}
