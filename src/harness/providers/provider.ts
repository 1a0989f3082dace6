import type { JvmTools } from '../releases/jvm-tools.ts';
import type { Artefact, JavaRuntime, NodeKit } from '../releases/artefacts.ts';
import type { ImageRef } from '../images/image.ts';
import type { ProviderName } from '../config/cell.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import type { Step } from '../support/step-error.ts';
import type { PortName, Endpoint, NodePlace } from '../corda/topology.ts';

/** A node or service of a space. Ids are file-system and host-name safe, and differ from each other. */
export interface SpaceProcess {
  readonly id: string;
  readonly memoryMb: number;
}

export interface SpaceRequest {
  readonly runId: string;
  /** The cell's name; a provider derives names that its engine accepts. */
  readonly cell: string;
  readonly nodes: readonly SpaceProcess[];
  /** Programs of the harness's own beside the nodes: drivers, the doorman. */
  readonly services: readonly SpaceProcess[];
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

/** A service's place in a space: known before the service exists, so that nodes can be told of it. */
export interface ServicePlace {
  readonly id: string;
  /** Folder on this machine; what is put there before `startService` is the service's working directory. */
  readonly stagingFolder: string;
  /** Host to bind to, as of nodes. */
  readonly listenOn: string;
  /** The one address that it listens on, as the nodes of the space reach it. */
  readonly address: Endpoint;
}

/** The isolated area of one cell. */
export interface Space {
  /** Unique on this machine; the value of the processes' marker. */
  readonly id: string;
  readonly places: ReadonlyMap<string, NodePlace>;
  readonly services: ReadonlyMap<string, ServicePlace>;
}

/** An image of CorDapps, and the names of those that it holds. */
export interface CordappImage {
  readonly image: ImageRef;
  readonly jars: readonly string[];
}

export interface NodeLaunch {
  readonly node: string;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** All JVM options, heap included; agents among them come before the kit's own. */
  readonly jvmArgs: readonly string[];
  /** Arguments after the main class, subcommand first; the provider adds `--base-directory`. */
  readonly nodeArgs: readonly string[];
  /** For providers that run images. */
  readonly image?: ImageRef;
  /** For providers that take CorDapps from images: the images of the CorDapps in the staging folder. */
  readonly cordappImages?: readonly CordappImage[];
  /** Its program ends by itself, as a registration does. */
  readonly endsByItself?: boolean;
}

/** A program of the harness's own: `src/jvm` compiled against a release, running on that release's jars. */
export interface ServiceLaunch {
  readonly service: string;
  /** The step of the cell's way that wants it, for errors. */
  readonly step: Step;
  readonly tools: JvmTools;
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  /** Further jars of its class path. */
  readonly cordapps: readonly Artefact[];
  readonly jvmArgs: readonly string[];
  readonly mainClass: string;
  readonly args: readonly string[];
  /** Secrets go here, not on the command line. */
  readonly env: Readonly<Record<string, string>>;
  /** For providers that run images. */
  readonly image?: ImageRef;
  /** For providers that take CorDapps from images: of `cordapps`. */
  readonly cordappImages?: readonly CordappImage[];
  /** Its files must outlive a restart from outside. */
  readonly keepsFiles?: boolean;
  /** Its program ends by itself. */
  readonly endsByItself?: boolean;
}

/** How a node's process ended. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The engine's own reason, where it has one: out of memory. */
  readonly why?: string;
}

export interface RunningNode {
  /** The node's id, or the service's. */
  readonly node: string;
  /** Resolves when the process is gone. */
  readonly exited: Promise<NodeExit>;
  /** Tells in words that an outsider removed the process and the engine brought it back. */
  readonly lost?: () => string | undefined;
  /** Lets a Java program that runs write to its console what its threads do; absent where no signal reaches it. */
  readonly tellThreads?: () => Promise<void>;
}

/** A PostgreSQL server for the nodes of one space. */
export interface DatabaseServerLaunch {
  /** A public image of PostgreSQL, or one that is laid out like it. */
  readonly image: string;
  /** Tells of steps that take longer than a moment. */
  readonly say: (text: string) => void;
  /** A superuser of the server. */
  readonly user: string;
  readonly password: string;
}

export interface DatabaseServerPlace extends Pick<RunningNode, 'exited' | 'lost'> {
  /** As nodes reach it. */
  readonly inside: Endpoint;
  /** On this machine's loopback. */
  readonly outside: Endpoint;
  /** Its output; goes with the space. */
  readonly consoleFile: string;
}

/** Something of ours that still exists. */
export interface Leftover {
  readonly kind:
    'process' | 'port' | 'folder' | 'container' | 'network' | 'volume' | 'namespace' | 'pod' | 'claim' | 'object';
  readonly what: string;
}

/** Where networks live. Small on purpose; abilities that not all have are interfaces of their own. */
export interface Provider {
  readonly name: ProviderName;
  /** Whether nodes and services are started from images, which their launches then name. */
  readonly runsImages: boolean;
  /** Whether CorDapps come from images as well, which launches then name. */
  readonly takesCordappImages: boolean;
  /** Checks that this machine can hold such a space. @throws StepError blocked */
  prepare(request: Pick<SpaceRequest, 'nodes' | 'services' | 'signal'>): Promise<void>;
  /** @throws StepError blocked, with nothing left behind */
  createSpace(request: SpaceRequest): Promise<Space>;
  /**
   * Runs the node's program in its place, until it is stopped or ends by itself, as a registration does. Once it is gone it
   * may be started again, with other arguments: it finds its base directory as it left it, and its console goes on.
   */
  startNode(space: Space, launch: NodeLaunch): Promise<RunningNode>;
  /** Starts a service; it is the caller's to wait until it listens. */
  startService(space: Space, launch: ServiceLaunch): Promise<RunningNode>;
  /**
   * From here on `node` is the id of a node or of a service. SIGTERM, then SIGKILL after `graceMs`; 0 is SIGKILL at once, but that a
   * cluster gives a second. Resolves when it is gone.
   */
  stopNode(space: Space, node: string, graceMs: number): Promise<NodeExit>;
  /** All that it wrote to its console so far, from character `offset`. */
  logs(space: Space, node: string, offset?: number): Promise<string>;
  /** A file below the node's base directory; `undefined` where there is none. */
  readFile(space: Space, node: string, path: string): Promise<Buffer | undefined>;
  /** Names of the files in a folder below the node's base directory. */
  listFiles(space: Space, node: string, folder: string): Promise<readonly string[]>;
  /** An address on this machine's loopback for a port of a node. */
  reach(space: Space, node: string, port: PortName): Promise<Endpoint>;
  /** An address on this machine's loopback for a service that runs. */
  reachService(space: Space, service: string): Promise<Endpoint>;
  /** Starts a database server of the space's own; absent where nodes can only use one that is there already. @throws StepError blocked */
  startDatabaseServer?(space: Space, launch: DatabaseServerLaunch): Promise<DatabaseServerPlace>;
  /** Lets nodes reach a database server outside of their space; absent where nothing would keep them from it. @throws StepError blocked */
  letReach?(space: Space, server: Endpoint): Promise<void>;
  /** Ends all processes, removes the folder, frees the ports; attempts everything. @throws AggregateError */
  destroySpace(space: Space): Promise<void>;
  /** Looks for leftovers of a space; remembers none. */
  leftovers(space: Space): Promise<readonly Leftover[]>;
}
