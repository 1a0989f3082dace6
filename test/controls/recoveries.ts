import { setTimeout as pass } from 'node:timers/promises';
import type { Lifecycle } from '../../fixtures/lifecycle.ts';
import type { Trade } from '../../fixtures/trade-meanwhile.ts';
import { cutOff } from './partition.ts';
import { SPACES } from './seeds.ts';
import { smallDisk, type SmallDisk } from './small-disk.ts';

/** A node, and what can be done to it. */
export interface Hindered {
  readonly victim: string;
  readonly others: readonly string[];
  readonly lifecycle: Lifecycle;
  /** Milliseconds. */
  readonly limitMs: number;
}

/** Something from which nodes must recover without losing anything. */
export interface Recovery {
  readonly name: string;
  /** While nobody trades. */
  prepare?(node: Hindered): Promise<void>;
  /** In the middle of trade. Once it resolves, nothing is in the node's way any more. */
  hinder(node: Hindered, trade: Trade): Promise<void>;
  /** Whatever happened. */
  restore?(node: Hindered): Promise<void>;
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

const disks = new Map<string, SmallDisk>();

const diskFull: Recovery = {
  name: 'the disk of a peer is full until it is started again',
  prepare: async ({ victim, lifecycle }) => {
    await lifecycle.stop(victim);
    disks.set(victim, await smallDisk(SPACES, victim));
    await lifecycle.start(victim);
  },
  hinder: async ({ victim, lifecycle, limitMs }, trade) => {
    const disk = disks.get(victim);
    await disk?.fill();
    await trade.untilFailed(1, limitMs);
    await lifecycle.kill(victim);
    await disk?.free();
    await lifecycle.start(victim);
  },
  restore: async ({ victim, lifecycle }) => {
    await lifecycle.stop(victim);
    await disks.get(victim)?.remove();
    await lifecycle.start(victim);
  },
};

export const RECOVERIES: readonly Recovery[] = [killed, cutOffForAWhile, diskFull];
