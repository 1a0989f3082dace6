import { brief, directionsOf, expect, nodeName, test } from '../../fixtures/index.ts';

const { nodes, limits } = brief();
const timeout = 6 * limits.flow + limits.arrival + limits.outage;
/** Of the healthcheck CorDapp. */
const OLD = 'compat.healthcheck.NullContract';
const NEW = 'compat.healthcheck.NullContractV2';
/** From this platform version (4.12) on, contracts are not upgraded explicitly any more. */
const WITHOUT_UPGRADE = 140;

for (const { from, to } of directionsOf(nodes)) {
  const title = `${nodeName(from)} upgrades the contract of a state that ${nodeName(to)} has a part in`;
  test(title, { timeout }, async ({ peer, health, nullStates, skip }) => {
    for (const { id, release } of [from, to]) {
      const { platformVersion } = await health.of(id);
      skip(platformVersion >= WITHOUT_UPGRADE, `${release} upgrades contracts by signature constraints only`);
    }
    const [initiator, other] = [peer(from.id), peer(to.id)];
    const old = await nullStates.share(initiator, other);
    for (const participant of [initiator, other]) {
      expect(await nullStates.of(participant), nodeName(participant)).toContainEqual({ ...old, contract: OLD });
      await nullStates.authorise(participant, old);
    }
    const upgraded = { transaction: await nullStates.upgrade(initiator, old), index: 0, contract: NEW };
    for (const participant of [initiator, other]) {
      const states = async () => await nullStates.of(participant);
      await expect
        .poll(states, { timeout: limits.arrival, interval: 100, message: nodeName(participant) })
        .toContainEqual(upgraded);
      expect(await states(), nodeName(participant)).not.toContainEqual({ ...old, contract: OLD });
    }
  });
}
