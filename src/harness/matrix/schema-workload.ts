import { z } from 'zod';

/** Enough for a failure that needs one direction only, and to tell that one does not come back. */
const SHRINK = { tries: 5, seconds: 600 } as const;

const shrink = z
  .union(
    [
      z.literal(false),
      z.strictObject({
        tries: z
          .int()
          .min(1)
          .max(1_000)
          .default(SHRINK.tries)
          .describe('Histories that are carried out again, each on a network of its own.'),
        seconds: z
          .number()
          .positive()
          .max(86_400)
          .default(SHRINK.seconds)
          .describe('For all tries of a cell together, in seconds.'),
      }),
    ],
    'must be false or an object with "tries" and "seconds", for example { "tries": 5, "seconds": 600 }',
  )
  .default(SHRINK)
  .describe(
    'How far operations that failed are carried out again, to see whether they fail again and how few of them are enough; false: not at all, as with COMPAT_SHRINK=0.',
  );

/** What is asked of the nodes beside what every suite asks. */
export const workload = z
  .strictObject({
    seed: z.int().min(0).max(2_147_483_647).default(1).describe('Seed of the random suite; COMPAT_SEED overrides it.'),
    operations: z.int().min(1).max(100_000).default(24).describe('Operations of the random suite.'),
    parallel: z.int().min(1).max(64).default(4).describe('Operations in flight at a time in the random suite.'),
    rate: z
      .number()
      .positive()
      .max(1_000)
      .exactOptional()
      .describe(
        'Operations a second of the random suite, each begun at its time whatever became of those before; "parallel" then counts for the first coins only.',
      ),
    lifecycle: z
      .boolean()
      .default(false)
      .describe(
        'Whether the suites of suites/lifecycle run as well: restarts, upgrades and what else happens to nodes in their life; COMPAT_LIFECYCLE overrides it.',
      ),
    shrink,
  })
  .prefault({})
  .describe('What the suites do, and what is done about operations that fail.');
