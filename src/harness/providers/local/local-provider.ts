import { join } from 'node:path';
import { blocked } from '../../domain/step-error.ts';
import { defaultStateRoot } from '../../support/files.ts';
import { residentMb } from '../../support/process-table.ts';
import { endProcesses } from '../../support/processes.ts';
import { withLimit } from '../../support/with-limit.ts';
import type { NodeExit, NodeLaunch, NodePlace, Provider, RunningNode, Space } from '../provider.ts';
import { checkCapacity, THIS_MACHINE, type Machine } from './capacity.ts';
import { ConsoleLog } from './console-log.ts';
import { lookForLeftovers } from './leftovers.ts';
import { closeSpace, openSpace, type OpenSpace } from './local-space.ts';
import { listNodeFiles, readNodeFile } from './node-files.ts';
import { CONSOLE_LOG, launchNode } from './node-process.ts';

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
  const spaces = new Map<string, OpenSpace>();
  const folders = new Set<string>();
  const opened = (space: Space): OpenSpace => spaces.get(space.id) ?? fail(`space ${space.id} is not open`);

  return {
    name: 'local',

    async prepare({ nodes, signal }) {
      signal.throwIfAborted();
      if (process.platform === 'win32') {
        throw blocked('space', 'provider local runs nodes on Linux and macOS; on Windows use WSL');
      }
      const promisedMb = await promised(spaces.values());
      await checkCapacity(machine, { nodesMb: nodes.map((node) => node.memoryMb), promisedMb, root });
    },

    async createSpace(request) {
      const open = await openSpace(request, { root, env, folders });
      spaces.set(open.space.id, open);
      return open.space;
    },

    async startNode(space, launch) {
      const open = opened(space);
      if (open.destroying) fail(`space ${space.id} is being destroyed: ${launch.node} cannot start`);
      const start = startIn(open, launch, env);
      open.starting.add(start);
      try {
        return await start;
      } finally {
        open.starting.delete(start);
      }
    },

    async stopNode(space, node, graceMs) {
      return await stopIn(opened(space), node, graceMs);
    },

    async logs(space, node, offset = 0) {
      const { stage } = placeOf(space, node);
      const { logs } = opened(space);
      const log = logs.get(node) ?? new ConsoleLog(join(stage, CONSOLE_LOG));
      logs.set(node, log);
      return await log.read(offset);
    },

    async readFile(space, node, path) {
      return await readNodeFile(placeOf(space, node).stage, path);
    },

    async listFiles(space, node, folder) {
      return await listNodeFiles(placeOf(space, node).stage, folder);
    },

    reach(space, node, port) {
      return Promise.resolve(placeOf(space, node).addresses[port]);
    },

    async destroySpace(space) {
      const open = spaces.get(space.id);
      if (!open) return;
      open.destroying ??= closeSpace(open);
      try {
        await open.destroying;
        spaces.delete(space.id);
      } catch (error) {
        // The next call tries again.
        delete open.destroying;
        throw error;
      }
    },

    async leftovers(space) {
      const guards = spaces.get(space.id)?.blocks.map((block) => block.guard.port) ?? [];
      return await lookForLeftovers(space, { folder: join(root, space.id), guards });
    },
  };
}

async function startIn(open: OpenSpace, launch: NodeLaunch, env: NodeJS.ProcessEnv): Promise<RunningNode> {
  const { space, nodes, ledger, entries } = open;
  const { node } = launch;
  const place = placeOf(space, node);
  const former = nodes.get(node);
  if (former && !former.exit) fail(`${node} runs already as pid ${former.pid}`);
  const started = await launchNode(launch, { place, marker: space.id, env });
  nodes.set(node, started);
  await ledger.addProcess(entries.processes, started.pid);
  return { node, exited: started.exited };
}

async function stopIn({ space, nodes }: OpenSpace, node: string, graceMs: number): Promise<NodeExit> {
  placeOf(space, node);
  const running = nodes.get(node) ?? fail(`${node} was never started`);
  const name = `${node} of space ${space.id}, pid ${running.pid}`;
  if (running.ref) {
    await endProcesses({ name, recorded: [running.ref], graceMs, limitMs: graceMs + KILL_LIMIT_MS });
  }
  return await withLimit(running.exited, { name: `exit of ${name}`, limit: KILL_LIMIT_MS });
}

function placeOf(space: Space, node: string): NodePlace {
  const known = [...space.places.keys()].join(', ');
  return space.places.get(node) ?? fail(`space ${space.id} has no node ${node}; it has ${known}`);
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

/** For mistakes of the caller. */
function fail(message: string): never {
  throw new Error(`${message}: this is a bug in the harness`);
}
