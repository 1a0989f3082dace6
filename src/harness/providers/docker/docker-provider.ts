import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRef } from '../../images/image.ts';
import { bug, type Step } from '../../support/step-error.ts';
import { ConsoleLog } from '../../support/console-log.ts';
import { defaultStateRoot, exists } from '../../support/files.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { waitUntil } from '../../support/wait.ts';
import { anyOf, nodeOf, serviceOf, startIn, OpenSpaces } from '../space.ts';
import type { NodeExit, Provider, RunningNode, Space } from '../provider.ts';
import { packStagingFolder } from './archive.ts';
import { checkEngine, startDatabaseServer, closeSpace, openSpace } from './docker-space.ts';
import type { OpenProcess, OpenSpace } from './docker-space.ts';
import { CONSOLE_LOG, nodeCommand, SERVICE_CORDAPPS, serviceCommand, containerLimits } from '../containers.ts';
import { listContainerFiles, readContainerFile, startContainer, type StartedContainer } from './container.ts';
import type { Engine } from '../../docker/engine.ts';
import { LABEL, labelled, findLabelled } from './labelled.ts';
import { statusOf } from '../../docker/engine-failure.ts';
import type { Endpoint } from '../../corda/topology.ts';

export interface DockerProviderOptions {
  /** Root of staging folders and console logs: `<root>/<runId>/<cell>/<node>`. Default: the user's own folder in the OS's temporary one. */
  readonly root?: string;
  /** @throws StepError blocked where none answers */
  readonly engine: () => Promise<Engine>;
}

/** From SIGKILL until a container must have ended. */
const KILL_LIMIT_MS = 10_000;

/** Nodes as containers of a Docker engine on this machine: a network a space, a container and a volume a node. */
export function createDockerProvider({ engine, root = defaultStateRoot() }: DockerProviderOptions): Provider {
  const spaces = new OpenSpaces<OpenSpace>(closeSpace);
  const folders = new Set<string>();
  const opened = (space: Space): OpenSpace => spaces.of(space);

  return {
    name: 'docker',
    runsImages: true,
    takesCordappImages: false,

    async prepare({ nodes, services, signal }) {
      signal.throwIfAborted();
      checkEngine(await engine(), [...nodes, ...services]);
    },

    async createSpace(request) {
      request.signal.throwIfAborted();
      return spaces.add(await openSpace(request, { root, engine: await engine(), folders }));
    },

    async startNode(space, launch) {
      const { node, kit, jvmArgs } = launch;
      const open = opened(space);
      const spaceProcess = nodeOf(open, node);
      const command = (): Promise<string[]> => nodeCommand(launch, spaceProcess.stagingFolder);
      const what = `${node} (${kit.release.release.id})`;
      return await run(open, spaceProcess, { ...launch, what, step: 'start', command, env: {}, jvmArgs });
    },

    async startService(space, launch) {
      const { service, step, cordapps, jvmArgs } = launch;
      const open = opened(space);
      const spaceProcess = serviceOf(open, service);
      const command = async (): Promise<string[]> => {
        const folder = join(spaceProcess.stagingFolder, SERVICE_CORDAPPS);
        await mkdir(folder, { recursive: true });
        await Promise.all(cordapps.map(({ file, name }) => copyFile(file, join(folder, name))));
        return serviceCommand(launch);
      };
      return await run(open, spaceProcess, { ...launch, what: service, step, command, jvmArgs });
    },

    startDatabaseServer: (space, launch) => startDatabaseServer(opened(space), launch),

    async stopNode(space, node, graceMs) {
      const spaceProcess = anyOf(opened(space), node);
      const container = spaceProcess.container ?? bug(`${node} was never started`);
      return await stop(container, `${node} of space ${space.id}`, graceMs);
    },

    async logs(space, node, offset = 0) {
      const spaceProcess = anyOf(opened(space), node);
      spaceProcess.log ??= new ConsoleLog(join(spaceProcess.stagingFolder, CONSOLE_LOG));
      return await spaceProcess.log.read(offset);
    },

    readFile: async (space, node, path) => await readContainerFile(anyOf(opened(space), node), path),

    listFiles: async (space, node, folder) => await listContainerFiles(anyOf(opened(space), node), folder),

    async reach(space, node, port) {
      const open = opened(space);
      return await mapped(nodeOf(open, node), open.space.places.get(node)?.addresses[port].port ?? 0);
    },

    async reachService(space, service) {
      const open = opened(space);
      return await mapped(serviceOf(open, service), open.space.services.get(service)?.address.port ?? 0);
    },

    destroySpace: (space) => spaces.destroy(space),

    async leftovers(space) {
      const { client } = await engine();
      const things = await findLabelled(client, labelled(LABEL.space, space.id));
      const folder = join(root, space.id);
      const left = things.map(({ kind, name }) => ({ kind, what: name }));
      return (await exists(folder)) ? [...left, { kind: 'folder', what: folder }] : left;
    },
  };
}

interface Launch {
  readonly what: string;
  readonly step: Step;
  readonly image?: ImageRef;
  readonly env: Readonly<Record<string, string>>;
  readonly jvmArgs: readonly string[];
  readonly command: () => Promise<string[]>;
}

async function run(open: OpenSpace, spaceProcess: OpenProcess, launch: Launch): Promise<RunningNode> {
  const { id } = spaceProcess;
  const container = await startIn(open, id, () => started(open, spaceProcess, launch));
  return { node: id, exited: container.exited, tellThreads: () => signal(container, 'SIGQUIT') };
}

async function started(open: OpenSpace, spaceProcess: OpenProcess, launch: Launch): Promise<StartedContainer> {
  const { engine, name, labels } = open;
  const { id, stagingFolder, ports, memoryMb, sent, container: former } = spaceProcess;
  if (former && !former.exit) bug(`${id} runs already as container ${former.id}`);
  const image = launch.image ?? bug(`the launch of ${id} names no image`);
  const command = await launch.command();
  if (former) await remove(former);
  const { cpus } = engine.runtime.info.containerRuntime;
  const container = await startContainer(engine, {
    what: launch.what,
    step: launch.step,
    name: `${name}-${id}`,
    image,
    command,
    env: launch.env,
    labels: { ...labels, [LABEL.process]: id },
    network: name,
    alias: id,
    volume: `${name}-${id}`,
    ports,
    limits: containerLimits(memoryMb, launch.jvmArgs, cpus),
    archive: await packStagingFolder(stagingFolder, sent, [CONSOLE_LOG]),
    consoleFile: join(stagingFolder, CONSOLE_LOG),
  });
  spaceProcess.container = container;
  return container;
}

/** A container that has ended; what it wrote is in its volume. */
async function remove({ handle }: StartedContainer): Promise<void> {
  await handle.remove().catch((error: unknown) => {
    if (statusOf(error) !== 404) throw error;
  });
}

async function stop(container: StartedContainer, name: string, graceMs: number): Promise<NodeExit> {
  const ended = (limit: number): Promise<NodeExit> =>
    waitUntil(() => (container.exit ? { done: true, value: container.exit } : { done: false, last: 'running' }), {
      name: `exit of ${name}, container ${container.id.slice(0, 12)}`,
      limit,
      every: 20,
    });
  const kill = async (): Promise<NodeExit> => {
    await signal(container, 'SIGKILL');
    return await ended(KILL_LIMIT_MS);
  };
  if (container.exit) return container.exit;
  if (graceMs === 0) return await kill();
  await signal(container, 'SIGTERM');
  return await ended(graceMs).catch(kill);
}

/** One that has ended in between needs no signal. */
async function signal({ handle }: StartedContainer, name: string): Promise<void> {
  await handle.kill({ signal: name }).catch((error: unknown) => {
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw error;
  });
}

/** The engine gives a port anew at every start. */
async function mapped({ id, container }: OpenProcess, port: number): Promise<Endpoint> {
  if (!container) bug(`${id} was never started`);
  const { NetworkSettings } = await container.handle.inspect();
  const [binding] = NetworkSettings.Ports[`${port}/tcp`] ?? [];
  if (!binding) throw new Error(`port ${port} of ${id} cannot be reached from this machine: its container has ended`);
  return { host: LOOPBACK, port: Number(binding.HostPort) };
}
