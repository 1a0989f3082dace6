import { brief, carryOut, planOperations, test } from '../fixtures/index.ts';

const { nodes, limits, workload } = brief();
const { seed, operations, parallel } = workload;
/** Every operation may be slow, none that never answers is tried often. */
const timeout = 2 * limits.flow * Math.ceil(operations / parallel) + limits.arrival + limits.outage;

test(
  `${operations} random operations, ${parallel} at a time, seed ${seed}: all vaults hold what they say`,
  { timeout },
  async ({ peers }) => {
    const ids = nodes.filter(({ notary }) => !notary).map(({ id }) => id);
    const plan = planOperations({ seed, operations, parallel, peers: ids });
    await carryOut({ plan, peers, parallel, arrivalMs: limits.arrival });
  },
);
