import { setTimeout as pass } from 'node:timers/promises';
import type { Lifecycle } from '../../fixtures/lifecycle.ts';
import type { Trade } from '../../fixtures/trade-around.ts';
import { cutOff } from './partition.ts';
import { SPACES } from './seeds.ts';

/** A node, and what can be done to it. */
interface Hindered {
  readonly victim: string;
  readonly others: readonly string[];
  readonly lifecycle: Lifecycle;
}

/** Something from which nodes must recover without losing anything. */
interface Recovery {
  readonly name: string;
  /** In the middle of trade. Once it resolves, nothing is in the node's way any more. */
  readonly hinder: (node: Hindered, trade: Trade) => Promise<void>;
}

/** Longer than any payment takes. */
const PARTITION_MS = 20_000;

const killed: Recovery = {
  name: 'a peer is killed in the middle of payments and started again',
  hinder: async ({ victim, lifecycle }) => {
    await lifecycle.kill(victim);
    await lifecycle.start(victim);
  },
};

const cutOffForAWhile: Recovery = {
  name: 'a peer is cut off from all others for 20 s',
  hinder: async ({ victim, others }, trade) => {
    const before = trade.paid;
    const heal = await cutOff(SPACES, victim, others);
    await pass(PARTITION_MS).finally(heal);
    const meanwhile = trade.paid - before;
    if (meanwhile > others.length)
      throw new Error(`${meanwhile} payments ended while no packet should have come through`);
  },
};

export const RECOVERIES: readonly Recovery[] = [killed, cutOffForAWhile];
