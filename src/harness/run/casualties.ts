import type { Cell } from '../domain/cell.ts';
import type { StepFailure } from '../domain/outcome.ts';
import { describeExit } from '../network/node-start.ts';
import type { RunningNode } from '../providers/provider.ts';

/** Nodes, or their database server, that ended, or were away for a while, when they should have traded. */
export interface Casualties {
  soFar(): readonly StepFailure[];
  /** From now on nodes are meant to end. */
  expectExits(): void;
}

type Watched = Pick<RunningNode, 'exited' | 'lost'>;

/**
 * A node that died says nothing about its release: what the suites see of it must not become a verdict.
 * @param server that the nodes' databases are on, where it is the cell's own
 */
export function watchCasualties(cell: Cell, running: ReadonlyMap<string, RunningNode>, server?: Watched): Casualties {
  const dead: StepFailure[] = [];
  let expected = false;
  const casualty = (who: string, what: string): StepFailure => {
    return { outcome: 'blocked', step: 'suites', message: `${cell.name}: ${who} ${what}` };
  };
  const nodes = cell.topology.nodes.flatMap((node): [string, Watched][] => {
    const found = running.get(node.id);
    return found ? [[`${node.id} (${cell.pair[node.side].id})`, found]] : [];
  });
  const watched = server ? [...nodes, ['the database server', server] as const] : nodes;
  for (const [who, { exited }] of watched) {
    void exited.then((exit) => {
      if (!expected) dead.push(casualty(who, `ended while trading: ${describeExit(exit)}`));
    });
  }
  const away = (): readonly StepFailure[] =>
    watched.flatMap(([who, { lost }]) => {
      const words = lost?.();
      return words === undefined ? [] : [casualty(who, `was away while trading: ${words}`)];
    });
  return { soFar: () => (expected ? [...dead] : [...dead, ...away()]), expectExits: () => void (expected = true) };
}
