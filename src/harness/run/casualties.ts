import type { Cell } from '../domain/cell.ts';
import type { StepFailure } from '../domain/outcome.ts';
import { describeExit } from '../network/node-start.ts';
import type { RunningNode } from '../providers/provider.ts';

/** Nodes that ended while they should have traded. */
export interface Casualties {
  soFar(): readonly StepFailure[];
  /** From now on nodes are meant to end. */
  expectExits(): void;
}

/** A node that died says nothing about its release: what the suites see of it must not become a verdict. */
export function watchCasualties(cell: Cell, running: ReadonlyMap<string, RunningNode>): Casualties {
  const dead: StepFailure[] = [];
  let expected = false;
  for (const node of cell.topology.nodes) {
    void running.get(node.id)?.exited.then((exit) => {
      if (expected) return;
      const message = `${cell.name}: ${node.id} (${cell.pair[node.side].id}) ended while trading: ${describeExit(exit)}`;
      dead.push({ outcome: 'blocked', step: 'suites', message });
    });
  }
  return { soFar: () => [...dead], expectExits: () => void (expected = true) };
}
