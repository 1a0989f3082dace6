import type { Cell } from '../config/cell.ts';
import type { StepFailure } from '../support/step-error.ts';
import { describeExit } from './node-start.ts';
import type { RunningNode } from '../providers/provider.ts';
import type { NodeRole } from '../corda/topology.ts';

/** Nodes and services that ended, or were away for a while, when they should have traded. */
export interface LostProcesses {
  soFar(): readonly StepFailure[];
  /** From now on nodes are meant to end. */
  expectExits(): void;
  /** From now on this node is, until it is followed anew. */
  expectExit(node: string): void;
  /** A node that was started again. */
  follow(node: Pick<NodeRole, 'id' | 'release'>, running: RunningNode): void;
}

/** What runs of a cell that trades. */
export interface Trading {
  readonly nodes: ReadonlyMap<string, RunningNode>;
  /** Drivers, the doorman, a database server: without them nodes do nothing, or miss each other. */
  readonly services: readonly RunningNode[];
  /** Told at once, while suites still wait for the dead. */
  readonly say: (text: string) => void;
}

/** Whoever died says nothing about a release: what the suites see of it must not become a verdict. */
export function watchLosses(cell: Cell, { nodes, services, say }: Trading): LostProcesses {
  const dead: StepFailure[] = [];
  let expected = false;
  const followed = new Map<string, { readonly name: string; readonly running: RunningNode }>();
  const loss = (name: string, what: string): StepFailure => {
    return { outcome: 'blocked', step: 'suites', message: `${cell.name}: ${name} ${what}` };
  };
  const watch = (id: string, name: string, running: RunningNode): void => {
    followed.set(id, { name, running });
    void running.exited.then((exit) => {
      const meant = expected || followed.get(id)?.running !== running;
      if (meant) return;
      const what = `ended while trading: ${describeExit(exit)}`;
      dead.push(loss(name, what));
      say(`${name} ${what}`);
    });
  };
  const follow: LostProcesses['follow'] = ({ id, release }, running) => watch(id, `${id} (${release})`, running);
  for (const node of cell.topology.nodes) {
    const running = nodes.get(node.id);
    if (running) follow(node, running);
  }
  for (const running of services) watch(running.node, running.node, running);
  const away = (): readonly StepFailure[] =>
    [...followed.values()].flatMap(({ name, running }) => {
      const lost = running.lost?.();
      return lost === undefined ? [] : [loss(name, `was away while trading: ${lost}`)];
    });
  return {
    soFar: () => (expected ? [...dead] : [...dead, ...away()]),
    expectExits: () => void (expected = true),
    expectExit: (node) => void followed.delete(node),
    follow,
  };
}
