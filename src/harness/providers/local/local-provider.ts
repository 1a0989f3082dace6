import { join, dirname } from 'node:path';
import { statfs } from 'node:fs/promises';
import { blocked, bug } from '../../support/step-error.ts';
import { ConsoleLog } from '../../support/console-log.ts';
import { defaultStateRoot, exists } from '../../support/files.ts';
import { residentMb, endProcesses } from '../../support/processes.ts';
import { withLimit } from '../../support/wait.ts';
import { nodeOf, OpenSpaces, serviceOf, startIn } from '../space.ts';
import type { NodeExit, Provider, ServicePlace, Space } from '../provider.ts';
import { lookForLeftovers } from './leftovers.ts';
import { closeSpace, openSpace, type OpenSpace, listNodeFiles, readNodeFile } from './local-space.ts';
import { launchNode, launchService, type NodeProcess } from './node-process.ts';
import { CONSOLE_LOG } from '../containers.ts';
import { availableMemoryMb, requireRoomForProcesses, type ProcessDemand } from '../../plan/memory.ts';
import type { NodePlace } from '../../corda/topology.ts';

export interface LocalProviderOptions {
  /** Where spaces are made: `<root>/<runId>/<cell>/<node>`. Default: the user's own folder in the OS's temporary one. */
  readonly root?: string;
  /** Read for `COMPAT_PORTS` and for the little that nodes get of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly machine?: Machine;
}

/** From SIGKILL until a node must be gone. */
const KILL_LIMIT_MS = 10_000;

/** Nodes as processes of this machine, each in a folder and with loopback ports of its own. */
export function createLocalProvider(options: LocalProviderOptions): Provider {
  const { env, root = defaultStateRoot(), machine = THIS_MACHINE } = options;
  const spaces = new OpenSpaces<OpenSpace>(closeSpace);
  const folders = new Set<string>();
  const opened = (space: Space): OpenSpace => spaces.of(space);

  return {
    name: 'local',
    runsImages: false,
    takesCordappImages: false,

    async prepare({ nodes, services, signal }) {
      signal.throwIfAborted();
      if (process.platform === 'win32') {
        throw blocked('space', 'provider local runs nodes on Linux and macOS; on Windows use WSL');
      }
      const nodesMb = [...nodes, ...services].map(({ memoryMb }) => memoryMb);
      await checkCapacity(machine, { nodesMb, promisedMb: await promised(spaces.all), root });
    },

    createSpace: async (request) => spaces.add(await openSpace(request, { root, env, folders })),

    async startNode(space, launch) {
      const { id, stagingFolder } = placeOf(space, launch.node);
      return await run(opened(space), id, (marker) => launchNode(launch, { stagingFolder, marker, env }));
    },

    async startService(space, launch) {
      const { id, stagingFolder } = servicePlaceOf(space, launch.service);
      return await run(opened(space), id, (marker) => launchService(launch, { stagingFolder, marker, env }));
    },

    stopNode: async (space, node, graceMs) => await stopIn(opened(space), node, graceMs),

    async logs(space, node, offset = 0) {
      const { stagingFolder } = anyPlaceOf(space, node);
      const { logs } = opened(space);
      const log = logs.get(node) ?? new ConsoleLog(join(stagingFolder, CONSOLE_LOG));
      logs.set(node, log);
      return await log.read(offset);
    },

    readFile: async (space, node, path) => await readNodeFile(anyPlaceOf(space, node).stagingFolder, path),

    listFiles: async (space, node, folder) => await listNodeFiles(anyPlaceOf(space, node).stagingFolder, folder),

    // Asynchronous, so that a mistake rejects as with other providers.
    reach: async (space, node, port) => await Promise.resolve(placeOf(space, node).addresses[port]),

    reachService: async (space, service) => await Promise.resolve(servicePlaceOf(space, service).address),

    destroySpace: (space) => spaces.destroy(space),

    async leftovers(space) {
      const guards = spaces.has(space) ? opened(space).blocks.map((block) => block.guard.port) : [];
      return await lookForLeftovers(space, { folder: join(root, space.id), guards });
    },
  };
}

async function run(open: OpenSpace, id: string, launch: (marker: string) => Promise<NodeProcess>) {
  const { space, nodes, ledger, entries } = open;
  return await startIn(open, id, async () => {
    const former = nodes.get(id);
    if (former && !former.exit) bug(`${id} runs already as pid ${former.pid}`);
    const launched = await launch(space.id);
    nodes.set(id, launched);
    await ledger.addProcess(entries.processes, launched.pid);
    return { node: id, exited: launched.exited, tellThreads: () => tellThreads(launched) };
  });
}

/** As long as its end has not been seen, its number is no other process's. */
// Asynchronous, so that a mistake rejects as with other providers.
// eslint-disable-next-line @typescript-eslint/require-await
async function tellThreads({ pid, exit }: NodeProcess): Promise<void> {
  if (exit === undefined) process.kill(pid, 'SIGQUIT');
}

async function stopIn({ space, nodes }: OpenSpace, node: string, graceMs: number): Promise<NodeExit> {
  anyPlaceOf(space, node);
  const running = nodes.get(node) ?? bug(`${node} was never started`);
  const name = `${node} of space ${space.id}, pid ${running.pid}`;
  if (running.ref) {
    await endProcesses({ name, recorded: [running.ref], graceMs, limitMs: graceMs + KILL_LIMIT_MS });
  }
  return await withLimit(running.exited, { name: `exit of ${name}`, limit: KILL_LIMIT_MS });
}

function placeOf(space: Space, node: string): NodePlace {
  return nodeOf({ space, processes: space.places }, node);
}

function servicePlaceOf(space: Space, service: string): ServicePlace {
  return serviceOf({ space, processes: space.services }, service);
}

/** A node's place or a service's. */
function anyPlaceOf(space: Space, id: string): NodePlace | ServicePlace {
  return space.services.get(id) ?? placeOf(space, id);
}

/** Megabytes that the nodes of open spaces may still take. */
async function promised(spaces: Iterable<OpenSpace>): Promise<number> {
  const shares = [...spaces].flatMap(({ memoryMb, nodes }) =>
    [...memoryMb].map(async ([id, mb]) => {
      const pid = nodes.get(id)?.pid;
      return Math.max(0, mb - ((pid === undefined ? undefined : await residentMb(pid)) ?? 0));
    }),
  );
  return (await Promise.all(shares)).reduce((sum, mb) => sum + mb, 0);
}

/** Memory and disk of the machine; tests give a machine of their own. */
export interface Machine {
  /** Memory that new processes can have. */
  availableMemoryMb(): number;
  /** Free to this user on the file system of a folder that may not exist yet. */
  freeDiskMb(folder: string): Promise<number>;
}

export const THIS_MACHINE: Machine = { availableMemoryMb, freeDiskMb };

/** A node's logs, database, message journal and a heap dump's beginning, in megabytes. */
const DISK_PER_NODE_MB = 300;

export interface Demand extends ProcessDemand {
  /** Where the spaces are made. */
  readonly root: string;
}

/** @throws StepError blocked when the machine cannot hold such a space now */
export async function checkCapacity(machine: Machine, demand: Demand): Promise<void> {
  requireRoomForProcesses(demand, machine.availableMemoryMb());
  const count = demand.nodesMb.length;
  const disk = await machine.freeDiskMb(demand.root);
  if (disk < count * DISK_PER_NODE_MB) {
    throw blocked(
      'space',
      `needs ${count * DISK_PER_NODE_MB} MB of disk for ${count} nodes and services in ${demand.root}, ${disk} MB free. Make room there, run ` +
        `npx corda-compat sweep, or set TMPDIR to a folder on a larger disk`,
    );
  }
}

async function freeDiskMb(folder: string): Promise<number> {
  let existing = folder;
  while (!(await exists(existing)) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return Math.floor((bavail * bsize) / (1024 * 1024));
}
