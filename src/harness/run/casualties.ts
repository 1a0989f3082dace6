import type { Cell } from '../domain/cell.ts';
import type { StepFailure } from '../domain/outcome.ts';
import { describeExit } from '../network/node-start.ts';
import type { RunningNode } from '../providers/provider.ts';

/** Nodes and services that ended, or were away for a while, when they should have traded. */
export interface Casualties {
  soFar(): readonly StepFailure[];
  /** From now on nodes are meant to end. */
  expectExits(): void;
}

/** What runs of a cell that trades. */
export interface Trading {
  readonly nodes: ReadonlyMap<string, RunningNode>;
  /** Drivers, the doorman, a database server: without them nodes do nothing, or miss each other. */
  readonly services: readonly RunningNode[];
}

/** Whoever died says nothing about a release: what the suites see of it must not become a verdict. */
export function watchCasualties(cell: Cell, { nodes, services }: Trading): Casualties {
  const dead: StepFailure[] = [];
  let expected = false;
  const watched = [
    ...cell.topology.nodes.map(({ id, release }) => ({ name: `${id} (${release})`, running: nodes.get(id) })),
    ...services.map((running) => ({ name: running.node, running })),
  ];
  const casualty = (name: string, what: string): StepFailure => {
    return { outcome: 'blocked', step: 'suites', message: `${cell.name}: ${name} ${what}` };
  };
  for (const { name, running } of watched) {
    void running?.exited.then((exit) => {
      if (!expected) dead.push(casualty(name, `ended while trading: ${describeExit(exit)}`));
    });
  }
  const away = (): readonly StepFailure[] =>
    watched.flatMap(({ name, running }) => {
      const lost = running?.lost?.();
      return lost === undefined ? [] : [casualty(name, `was away while trading: ${lost}`)];
    });
  return { soFar: () => (expected ? [...dead] : [...dead, ...away()]), expectExits: () => void (expected = true) };
}
