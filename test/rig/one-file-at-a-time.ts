import { afterAll, beforeAll, describe, test } from 'vitest';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { locked } from './exclusively.ts';

/** As long as all others may take: that of CI. */
const LIMIT_MS = 5_400_000;

/**
 * What the tests of one file want for themselves: what they see of an engine or a cluster is then their own, and networks on
 * this machine's own processors do not wait for each other's. Whoever wants several takes them in this order.
 */
const SHARED = ['processors', 'engine', 'cluster'] as const;
type Shared = (typeof SHARED)[number];

/** The tests of this file or this `describe` begin when those of no other file have any of it; those that want none of it go on beside them. */
export function takeTurn(...wanted: readonly Shared[]): void {
  const held: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    for (const shared of SHARED.filter((each) => wanted.includes(each))) {
      const path = join(tmpdir(), `corda-compat-tests-${userInfo().uid}`, shared);
      held.push(await locked(path, { limitMs: LIMIT_MS, staleMs: 60_000 }));
    }
  }, LIMIT_MS);
  afterAll(async () => {
    for (const release of held.splice(0).reverse()) await release();
  });
}

/**
 * Tests that need something that not every machine has. They are in projects of their own, which run only where somebody asks for them:
 * so they fail where it is lacking, with the reason, and are never skipped.
 * @param lacking why they cannot run here; `undefined` where they can
 */
export function describeNeeding(lacking: string | undefined, name: string, tests: () => void): void {
  if (lacking === undefined) describe(name, tests);
  else {
    test(name, () => {
      throw new Error(`These tests cannot run on this machine: ${lacking}.`);
    });
  }
}

/** Such tests on a rig, in turn. */
export function describeInTurn(
  name: string,
  { wanted, lacking }: { readonly wanted: readonly Shared[]; readonly lacking: string | undefined },
  tests: () => void,
): void {
  describeNeeding(lacking, name, () => {
    takeTurn(...wanted);
    tests();
  });
}
