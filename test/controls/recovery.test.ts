import { brief, expect, nodeName, randomOf, test, tradeAround } from '../../fixtures/index.ts';
import { judge } from '../../src/harness/judge/judge.ts';
import { RECOVERIES } from './recoveries.ts';
import { kindsOf, note, SEEDS } from './seeds.ts';

const { nodes, limits } = brief();
const peers = nodes.filter(({ notary }) => !notary);
const limitMs = 4 * limits.flow;
const timeout = 3 * limits.start + 10 * limits.flow;

for (const seed of SEEDS) {
  const victim = randomOf(seed).pick(peers);
  const others = nodes.filter(({ id }) => id !== victim.id).map(({ id }) => id);

  for (const { name, hinder } of RECOVERIES) {
    const title = `seed ${seed}: not reported: ${name}: ${nodeName(victim)}`;
    test(title, { timeout }, async ({ network, lifecycle, vaults }) => {
      await tradeAround({ peers: network.peers, limitMs }, (trade) =>
        hinder({ victim: victim.id, others, lifecycle }, trade),
      );
      await vaults.untilQuiet(limitMs);
      const found = judge(await vaults.collect());
      await note({ name, seed, found: kindsOf(found) });
      expect(found.map(({ message }) => message)).toEqual([]);
    });
  }
}
