import { join } from 'node:path';
import { StepError, blocked } from '../../support/step-error.ts';
import type { ConsoleLog } from '../../support/console-log.ts';
import { makePrivateFolder } from '../../support/files.ts';
import {
  placesInside,
  PORTS_INSIDE,
  SERVICE_PORT_INSIDE,
  DATABASE_COMMAND,
  DATABASE_FOLDER,
  DATABASE_ID,
  DATABASE_LIMITS,
  DATABASE_PORT,
  databaseVariables,
} from '../containers.ts';
import type { SpaceProcess, SpaceRequest, DatabaseServerLaunch, DatabaseServerPlace } from '../provider.ts';
import { ownerNow, attemptEach, endSpace, freeName, makeStagingFolders, removeSpaceFolder, startIn } from '../space.ts';
import type { OpenSpaceBase } from '../space.ts';
import type { Sent } from './archive.ts';
import { type ContainerRequest, type StartedContainer, startContainer } from './container.ts';
import { engineFailure } from '../../docker/engine-failure.ts';
import type { Engine } from '../../docker/engine.ts';
import { LABEL, labelled, removeLabelled } from './labelled.ts';
import { requireRoomForContainers } from '../../plan/memory.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { fetchImage, findImage } from '../../docker/engine-images.ts';

const REMOVAL_LIMIT_MS = 30_000;

/** A node or service as this process knows it. */
export interface OpenProcess {
  readonly id: string;
  readonly memoryMb: number;
  readonly stagingFolder: string;
  /** Inside its container. */
  readonly ports: readonly number[];
  /** The files of its staging folder that its volume has. */
  readonly sent: Sent;
  /** The one that was started last; it may have ended. */
  container?: StartedContainer;
  log?: ConsoleLog;
}

export interface OpenSpace extends OpenSpaceBase {
  readonly engine: Engine;
  /** Name of the network, and beginning of all other names. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entries: { readonly folder: string; readonly things: string };
  readonly processes: ReadonlyMap<string, OpenProcess>;
}

/** Makes the folder and the network; on any error all of it is undone. */
export async function openSpace(
  request: SpaceRequest,
  { root, engine, folders }: { root: string; engine: Engine; folders: Set<string> },
): Promise<OpenSpace> {
  const { runId, cell, nodes, services, ledger, signal } = request;
  signal.throwIfAborted();
  const own = await freeName(join(root, runId), cell, folders);
  const id = `${runId}/${own}`;
  const name = `corda-compat-${runId}-${own}`;
  const folder = join(root, id);
  const labels = await labelsOf(request, id);
  const entries: { folder?: string; things?: string } = {};
  try {
    await makePrivateFolder(root);
    // Undone in reverse: the containers end before their folder goes.
    entries.folder = await ledger.record({ kind: 'folder', path: folder });
    const label = labelled(LABEL.space, id);
    entries.things = await ledger.record({ kind: 'docker', engine: engine.address, label });
    const processes = [...nodes, ...services];
    const stagingFolders = await makeStagingFolders(folder, processes);
    signal.throwIfAborted();
    await makeNetwork(engine, name, labels);
    signal.throwIfAborted();
    const all = processes.map((each, index) => open(each, stagingFolders[index] ?? '', index < nodes.length));
    return {
      space: { id, ...placesInside(all.slice(0, nodes.length), all.slice(nodes.length)) },
      engine,
      name,
      folder,
      labels,
      ledger,
      entries: { folder: entries.folder, things: entries.things },
      processes: new Map(all.map((spaceProcess) => [spaceProcess.id, spaceProcess])),
      busy: new Set(),
    };
  } catch (error) {
    await attemptEach([
      async () => {
        if (entries.things === undefined) return;
        await removeThings(engine, id);
        await ledger.undone(entries.things);
      },
      () => removeSpaceFolder(folder, ledger, entries.folder),
    ]);
    if (signal.aborted || error instanceof StepError) throw error;
    throw engineFailure(`the space of ${cell} could not be made`, error, 'space');
  }
}

/** Ends and removes all of a space; attempts everything. @throws AggregateError with every failure */
export async function closeSpace(open: OpenSpace): Promise<void> {
  const { space, engine, folder, ledger, entries, busy, processes } = open;
  await Promise.allSettled(busy);
  await endSpace(space, [
    async () => {
      await removeThings(engine, space.id);
      await ledger.undone(entries.things);
    },
    // Their last words are on the way into files that are about to go.
    () => Promise.all([...processes.values()].flatMap(({ container }) => container?.exited ?? [])),
    () => removeSpaceFolder(folder, ledger, entries.folder),
  ]);
}

async function removeThings({ client }: Engine, space: string): Promise<void> {
  await removeLabelled(client, labelled(LABEL.space, space), { limitMs: REMOVAL_LIMIT_MS, looks: 1 });
}

async function makeNetwork({ client }: Engine, name: string, labels: OpenSpace['labels']): Promise<void> {
  await client.createNetwork({ Name: name, CheckDuplicate: true, Driver: 'bridge', Labels: { ...labels } });
}

async function labelsOf({ runId, cell }: SpaceRequest, id: string): Promise<OpenSpace['labels']> {
  const owner = JSON.stringify(await ownerNow(runId));
  return { [LABEL.run]: runId, [LABEL.space]: id, [LABEL.cell]: cell, [LABEL.owner]: owner };
}

function open({ id, memoryMb }: SpaceProcess, stagingFolder: string, isNode: boolean): OpenProcess {
  return {
    id,
    memoryMb,
    stagingFolder,
    ports: isNode ? Object.values(PORTS_INSIDE) : [SERVICE_PORT_INSIDE],
    sent: new Map(),
  };
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** @throws StepError blocked when the engine is on another machine, runs no Linux containers or cannot hold such a space now */
export function checkEngine({ runtime, address }: Engine, processes: readonly SpaceProcess[]): void {
  const { operatingSystemType, memory } = runtime.info.containerRuntime;
  const { protocol, hostname } = new URL(address.url);
  if (protocol === 'tcp:' && !LOCAL_HOSTS.includes(hostname)) {
    throw blocked(
      'space',
      `the Docker engine at ${address.url} is on another machine: a run reaches containers on this machine's loopback ` +
        `only. Set DOCKER_HOST to an engine of this machine`,
    );
  }
  if (operatingSystemType !== 'linux') {
    throw blocked('space', `the Docker engine runs ${operatingSystemType} containers: switch it to Linux containers`);
  }
  requireRoomForContainers(
    processes.map(({ memoryMb }) => memoryMb),
    memory / 2 ** 20,
  );
}

/** Owner of the folder in the public images: the user that the server runs as. */
const USER = 'postgres';

/** A PostgreSQL server as a container of the space; it and its data end with the space. @throws StepError blocked */
export async function startDatabaseServer(
  open: OpenSpace,
  { image, user, password, say }: DatabaseServerLaunch,
): Promise<DatabaseServerPlace> {
  const { engine, name, labels, folder } = open;
  const consoleFile = join(folder, `${DATABASE_ID}.log`);
  await requirePublicImage(engine, image, say);
  const request: ContainerRequest = {
    what: `the database server (${image})`,
    step: 'schema',
    name: `${name}-${DATABASE_ID}`,
    image: { name: image, reference: image },
    command: [...DATABASE_COMMAND],
    env: databaseVariables({ user, password }),
    labels: { ...labels, [LABEL.process]: DATABASE_ID },
    network: name,
    alias: DATABASE_ID,
    volume: `${name}-${DATABASE_ID}`,
    folder: DATABASE_FOLDER,
    user: USER,
    ports: [DATABASE_PORT],
    limits: DATABASE_LIMITS,
    consoleFile,
  };
  const { handle, exited } = await startIn(open, DATABASE_ID, () => startContainer(engine, request));
  const { NetworkSettings } = await handle.inspect();
  const [binding] = NetworkSettings.Ports[`${DATABASE_PORT}/tcp`] ?? [];
  // An ended server has no port any more: the wait for it sees its end.
  const outside = { host: LOOPBACK, port: Number(binding?.HostPort ?? 0) };
  return { inside: { host: DATABASE_ID, port: DATABASE_PORT }, outside, exited, consoleFile };
}

/** Unlike ours, it may be fetched at any time: no other step of the run does. */
async function requirePublicImage({ client }: Engine, image: string, say: (text: string) => void): Promise<void> {
  if (await findImage(image, { engine: client, step: 'space' })) return;
  say(`fetching the image ${image}`);
  try {
    // A fetch that began ends by itself: the next cell can use what came.
    const ctx = { engine: client, signal: new AbortController().signal, progress: { say } };
    await fetchImage(image, { ctx, auth: undefined });
  } catch (error) {
    const what = `the image ${image} is not in the Docker engine and could not be fetched`;
    const { message } = engineFailure(what, error, 'schema');
    const advice = 'name another image with COMPAT_POSTGRES_IMAGE, or a running server with COMPAT_POSTGRES';
    throw blocked('schema', `${message}; ${advice}`, { cause: error });
  }
}
