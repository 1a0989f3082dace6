import type { Cell } from '../config/cell.ts';
import type { StepFailure } from '../support/step-error.ts';
import { describeExit } from './node-start.ts';
import type { RunningNode } from '../providers/provider.ts';
import type { NodeRole } from '../corda/topology.ts';

/** Nodes and services that ended, or were away for a while, when they should have traded. */
export interface LostProcesses {
  soFar(): readonly StepFailure[];
  /** From now on the ends of nodes are expected. */
  expectExits(): void;
  /** From now on the end of this node is expected, until the next `follow`. */
  expectExit(node: string): void;
  /** A node that was started again. */
  follow(node: Pick<NodeRole, 'id' | 'release'>, running: RunningNode): void;
}

/** The processes of a cell that trades. */
export interface Trading {
  readonly nodes: ReadonlyMap<string, RunningNode>;
  /** Drivers, the doorman, a database server: without them nodes do nothing, or miss each other. */
  readonly services: readonly RunningNode[];
  /** Reports a loss at once, while suites still wait for the lost node. */
  readonly say: (text: string) => void;
}

/** A lost process says nothing about a release: its cell is blocked, and failures of suites are no verdict. */
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
