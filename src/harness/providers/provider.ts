import type { JavaRuntime, NodeKit } from '../domain/release.ts';
import type { Ledger } from '../domain/ledger.ts';

export const PORT_NAMES = ['p2p', 'rpc', 'rpcAdmin', 'h2'] as const;
export type PortName = (typeof PORT_NAMES)[number];

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface SpaceRequest {
  readonly runId: string;
  /** The cell's name; a provider derives names that its engine accepts. */
  readonly cell: string;
  readonly nodes: readonly { readonly id: string; readonly memoryMb: number }[];
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

/** A node's place in a space: known before the node exists, so that its node info can be minted. */
export interface NodePlace {
  readonly id: string;
  /** Folder on this machine; what is put there before `startNode` is the node's base directory. */
  readonly stage: string;
  /** Addresses by which the nodes of the space reach each other (and bind). */
  readonly addresses: Readonly<Record<PortName, Endpoint>>;
}

/** The isolated area of one cell. */
export interface Space {
  /** Unique on this machine; the value of the processes' marker. */
  readonly id: string;
  readonly places: ReadonlyMap<string, NodePlace>;
}

export interface NodeLaunch {
  readonly node: string;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** All JVM options, heap included. */
  readonly jvmArgs: readonly string[];
  /** Arguments after the main class, subcommand first; the provider adds `--base-directory`. */
  readonly nodeArgs: readonly string[];
}

/** How a node's process ended. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface RunningNode {
  readonly node: string;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<NodeExit>;
}

/** Something of ours that still exists. */
export interface Leftover {
  readonly kind: 'process' | 'port' | 'folder';
  readonly what: string;
}

/** Where networks live. Small on purpose; abilities that not all have are interfaces of their own. */
export interface Provider {
  readonly name: string;
  /** Checks that this machine can hold such a space. @throws StepError blocked */
  prepare(request: Pick<SpaceRequest, 'nodes' | 'signal'>): Promise<void>;
  /** @throws StepError blocked, with nothing left behind */
  createSpace(request: SpaceRequest): Promise<Space>;
  startNode(space: Space, launch: NodeLaunch): Promise<RunningNode>;
  /** SIGTERM, then SIGKILL after `graceMs`. Resolves when it is gone. */
  stopNode(space: Space, node: string, graceMs: number): Promise<NodeExit>;
  /** All that the node wrote to its console so far, from character `offset`. */
  logs(space: Space, node: string, offset?: number): Promise<string>;
  /** A file below the node's base directory; `undefined` where there is none. */
  readFile(space: Space, node: string, path: string): Promise<Buffer | undefined>;
  /** Names of the files in a folder below the node's base directory. */
  listFiles(space: Space, node: string, folder: string): Promise<readonly string[]>;
  /** An address on this machine's loopback for a port of a node. */
  reach(space: Space, node: string, port: PortName): Promise<Endpoint>;
  /** Ends all processes, removes the folder, frees the ports; attempts everything. @throws AggregateError */
  destroySpace(space: Space): Promise<void>;
  /** What is left of a space, looked for, not remembered. */
  leftovers(space: Space): Promise<readonly Leftover[]>;
}
