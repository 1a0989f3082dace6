import { join } from 'node:path';
import { notarisesAs, type Cell, type NodeRole, type Pair } from '../domain/cell.ts';
import type { Lease, LeasedNode } from '../domain/lease.ts';
import { JOURNAL_FILE } from '../oracle/stored-views.ts';
import type { CellMakeup } from './cell-launch.ts';
import { partsOf } from './cell-parts.ts';

/** A node as suites see it, but for who drives it. */
export type SeenNode = Omit<LeasedNode, 'driver'>;

export function seenNode({ cell, parts }: CellMakeup, { notary, ...node }: NodeRole): SeenNode {
  const { facts, cordapps } = partsOf(parts, node).resolved;
  const { keepsRefusals, serviceIdentity } = facts;
  const { onboarding } = cell.topology;
  const service = notary && {
    notarisesAs: notarisesAs({ ...node, notary }, { onboarding, serviceIdentity }),
    validating: notary.validating,
  };
  return {
    ...node,
    notary: notary !== undefined,
    ...service,
    cordapps: cordapps.map(({ name, sha256, signed }) => ({ name, sha256, signed })),
    keepsRefusals,
  };
}

/** @param evidence folder of the cell's evidence: gets its journal */
export function leaseOf(cell: Cell, nodes: readonly LeasedNode[], evidence: string): Lease {
  const { name, workload, limits } = cell;
  const journal = join(evidence, JOURNAL_FILE);
  return { cell: name, ...pairIds(cell), nodes, workload, limits, journal };
}

/** What suites call left and right. */
export function pairIds({ pair }: Cell): { readonly pair?: Pair<string> } {
  return pair ? { pair: { left: pair.left.id, right: pair.right.id } } : {};
}
