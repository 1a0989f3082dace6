import type { Cell } from '../../domain/cell.ts';
import { clusterAddressOf } from '../../providers/kubernetes/cluster-address.ts';
import { clusterAt } from '../../providers/kubernetes/cluster.ts';
import { blocked } from '../../domain/step-error.ts';
import { readAttached } from './attached.ts';

export interface AttachedCells {
  readonly cells: readonly Cell[];
  readonly skipped: readonly { readonly cell: Cell; readonly reason: string }[];
}

/** Which cell of the matrix a namespace has the network of. @throws StepError blocked where it is none of them */
export async function attachedCells(
  cells: readonly Cell[],
  { namespace, env }: { readonly namespace: string; readonly env: NodeJS.ProcessEnv },
): Promise<AttachedCells> {
  const { cell: written } = await readAttached(await clusterAt(clusterAddressOf(env)), namespace);
  const own = cells.filter(({ name }) => name === written);
  if (own.length === 0) {
    const names = cells.map(({ name }) => name).join(', ');
    throw blocked(
      'space',
      `namespace ${namespace} has the network of ${written}, which is no cell of the matrix: ${names}`,
    );
  }
  const reason = `namespace ${namespace} (COMPAT_ATTACH) has the network of ${written}`;
  const skipped = cells.filter(({ name }) => name !== written).map((cell) => ({ cell, reason }));
  return { cells: own.map(withoutLifecycle), skipped };
}

/** Whoever made the network runs its nodes: nobody else stops them. */
function withoutLifecycle(cell: Cell): Cell {
  return { ...cell, workload: { ...cell.workload, lifecycle: false } };
}
