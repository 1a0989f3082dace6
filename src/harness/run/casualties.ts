import type { Cell, NodeRole } from '../domain/cell.ts';
import type { StepFailure } from '../domain/outcome.ts';
import { describeExit } from '../network/node-start.ts';
import type { RunningNode } from '../providers/provider.ts';

/** Nodes that ended, or were away for a while, when they should have traded. */
export interface Casualties {
  soFar(): readonly StepFailure[];
  /** From now on nodes are meant to end. */
  expectExits(): void;
}

/** A node that died says nothing about its release: what the suites see of it must not become a verdict. */
export function watchCasualties(cell: Cell, running: ReadonlyMap<string, RunningNode>): Casualties {
  const dead: StepFailure[] = [];
  let expected = false;
  const casualty = (node: NodeRole, what: string): StepFailure => {
    const message = `${cell.name}: ${node.id} (${node.release}) ${what}`;
    return { outcome: 'blocked', step: 'suites', message };
  };
  for (const node of cell.topology.nodes) {
    void running.get(node.id)?.exited.then((exit) => {
      if (!expected) dead.push(casualty(node, `ended while trading: ${describeExit(exit)}`));
    });
  }
  const away = (): readonly StepFailure[] =>
    cell.topology.nodes.flatMap((node) => {
      const lost = running.get(node.id)?.lost?.();
      return lost === undefined ? [] : [casualty(node, `was away while trading: ${lost}`)];
    });
  return { soFar: () => (expected ? [...dead] : [...dead, ...away()]), expectExits: () => void (expected = true) };
}
