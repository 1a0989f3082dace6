import type { Cell, NodeRole } from '../domain/cell.ts';
import { blocked } from '../domain/step-error.ts';
import { waitUntil, WaitTimeout } from '../support/wait-until.ts';

export interface AllSeeAll {
  readonly cell: Cell;
  /** Names of the parties in a node's own network map. */
  readonly seenBy: (node: NodeRole) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

/** Waits until every node has found all others. @throws StepError blocked (zone) naming who does not see whom */
export async function allSeeAll({ cell, seenBy, signal }: AllSeeAll): Promise<void> {
  const { nodes } = cell.topology;
  const limit = cell.limits.start;
  const name = `${cell.name}: all nodes in the network map of each`;
  const probe = async () => {
    const seen = await Promise.all(nodes.map(seenBy));
    const gaps = nodes.flatMap((node, index) => {
      const missing = nodes.filter(({ party }) => !seen[index]?.includes(party)).map(({ id }) => id);
      return missing.length === 0 ? [] : [`${node.id} does not see ${missing.join(', ')}`];
    });
    if (gaps.length === 0) return { done: true, value: undefined } as const;
    return { done: false, last: gaps.join('; ') } as const;
  };
  try {
    await waitUntil(probe, { name, limit, every: 200, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw blocked('zone', error.message, { cause: error });
    throw error;
  }
}
