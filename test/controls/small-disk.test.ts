import { brief, expect, nodeName, randomOf, test, tradeAround } from '../../fixtures/index.ts';
import { judge } from '../../src/harness/judge/judge.ts';
import { FULL_DISK, LOST } from './full-disk.ts';
import { kindsOf, note, SEEDS, SPACES } from './seeds.ts';
import { smallDisk } from './small-disk.ts';

const { nodes, limits } = brief();
const peers = nodes.filter(({ notary }) => !notary);
const limitMs = 4 * limits.flow;
const timeout = 6 * limits.start + 10 * limits.flow;
// The last file of all: whatever traded after it would be judged with what it may have cost.
let isLost = false;

for (const seed of SEEDS) {
  const victim = randomOf(seed).pick(peers);
  const title = `seed ${seed}: what is lost is found: ${FULL_DISK}: ${nodeName(victim)}`;
  test(title, { timeout }, async ({ network, lifecycle, vaults, skip, onTestFinished }) => {
    skip(isLost, 'a payment of an earlier seed is lost for good, and would be found again');
    await lifecycle.stop(victim.id);
    const disk = await smallDisk(SPACES, victim.id);
    onTestFinished(async () => {
      await lifecycle.stop(victim.id);
      await disk.remove();
      await lifecycle.start(victim.id);
    }, timeout);
    await lifecycle.start(victim.id);

    await tradeAround({ peers: network.peers, limitMs }, async (trade) => {
      await disk.fill();
      await trade.untilFailed(1, limitMs);
      await lifecycle.kill(victim.id);
      await disk.free();
      await lifecycle.start(victim.id);
    });

    isLost = await vaults.untilQuiet(limitMs).then(
      () => false,
      () => true,
    );
    const found = judge(await vaults.collect());
    const kinds = kindsOf(found);
    await note({ name: FULL_DISK, seed, found: kinds });
    const strange = isLost ? found.filter(({ kind }) => !LOST.includes(kind)) : found;
    expect(strange.map(({ message }) => message)).toEqual([]);
    expect(kinds.includes('flow-left')).toBe(isLost);
  });
}
