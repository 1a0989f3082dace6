import { afterAll, beforeAll, describe } from 'vitest';
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

/** Tests that need what not every machine has: skipped, with the reason, where it is lacking; in CI they fail instead. */
export function describeUnless(lacking: string | undefined, name: string, tests: () => void): void {
  if (lacking === undefined || process.env['CI'] !== undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${lacking})`, tests);
}

/** Such tests on a rig, in turn. */
export function describeInTurn(
  name: string,
  { wanted, lacking }: { readonly wanted: readonly Shared[]; readonly lacking: string | undefined },
  tests: () => void,
): void {
  describeUnless(lacking, name, () => {
    takeTurn(...wanted);
    tests();
  });
}
