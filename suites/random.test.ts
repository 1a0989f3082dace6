import { brief, carryOut, paceWords, planOperations, test } from '../fixtures/index.ts';

const { nodes, limits, workload } = brief();
const { seed, operations, parallel, rate } = workload;
/** Each operation may take its limit. The suite gives up early on directions that give no answer. */
const work = 2 * limits.flow * Math.ceil(operations / parallel) + (rate === undefined ? 0 : (operations / rate) * 1000);
const timeout = work + limits.arrival + limits.outage;

test(
  `${operations} random operations, ${paceWords(workload)}, seed ${seed}: all vaults hold what they say`,
  { timeout },
  async ({ peers }) => {
    const ids = nodes.filter(({ notary }) => !notary).map(({ id }) => id);
    const plan = planOperations({ seed, operations, parallel, peers: ids });
    await carryOut({ plan, peers, pace: workload, arrivalMs: limits.arrival });
  },
);
