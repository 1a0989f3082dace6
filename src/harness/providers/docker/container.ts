import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { IN_IMAGE, type ImageRef } from '../../images/image.ts';
import { type Step, blocked, bug } from '../../support/step-error.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { withLimit } from '../../support/wait.ts';
import type { NodeExit } from '../provider.ts';
import { UNPACKED_IN, fileNames, firstFile } from './archive.ts';
import { engineFailure, statusOf } from '../../docker/engine-failure.ts';
import { findImage } from '../../docker/engine-images.ts';
import { testcontainers, type Engine } from '../../docker/engine.ts';
import { type ContainerLimits, CONSOLE_LOG, insideBase } from '../containers.ts';
import { absent } from '../../support/files.ts';
import type { OpenProcess } from './docker-space.ts';

export interface ContainerRequest {
  /** For messages: `party-a (4.10)`. */
  readonly what: string;
  readonly step: Step;
  readonly name: string;
  readonly image: Omit<ImageRef, 'component'>;
  readonly command: string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string;
  /** Its name in the network. */
  readonly alias: string;
  /** Holds what is in the working directory when the container is gone. */
  readonly volume: string;
  /** The working directory; default that of our own images. */
  readonly folder?: string;
  /** Default the user of our own images. */
  readonly user?: string;
  /** Ports that this machine reaches, on its loopback. */
  readonly ports: readonly number[];
  readonly limits: ContainerLimits;
  /** Content of the working directory at the start: see UNPACKED_IN. */
  readonly archive?: Readable;
  /** Gets all that it prints, after what is there already. */
  readonly consoleFile: string;
}

/** A container that was started. */
export interface StartedContainer {
  readonly id: string;
  readonly handle: Dockerode.Container;
  /** Resolves when it has ended and all that it printed is in its file. Never rejects. */
  readonly exited: Promise<NodeExit>;
  /** Set as soon as it has ended. */
  exit?: NodeExit;
}

/** From the end of a container to the end of its output. */
const OUTPUT_LIMIT_MS = 10_000;

/** Creates a container, fills its working directory and starts it. @throws StepError blocked, with no container left */
export async function startContainer(engine: Engine, request: ContainerRequest): Promise<StartedContainer> {
  await requireImage(engine, request);
  const id = await created(engine, request);
  const handle = engine.client.getContainer(id);
  const started: StartedContainer = { id, handle, exited: watch(engine, handle, request) };
  void started.exited.then((exit) => (started.exit = exit));
  return started;
}

/** Images are there before a cell begins; the library would fetch one that is not, from wherever its name points. */
async function requireImage({ client }: Engine, { what, step, image }: ContainerRequest): Promise<void> {
  if (await findImage(image.reference, { engine: client, step: 'space' })) return;
  throw blocked(
    step,
    `${what}: the image ${image.name} is not in the Docker engine any more: another program has removed it since this run began. ` +
      `The next run fetches or builds it anew; keep docker image prune away from it`,
  );
}

async function created(engine: Engine, request: ContainerRequest): Promise<string> {
  let id: string | undefined;
  try {
    const container = await makeContainer(request, engine, (made) => (id = made));
    await container.start();
  } catch (error) {
    // One that ends at once has ended before the library saw its ports: it was started all the same.
    if (id !== undefined && (await hasRun(engine, id))) return id;
    const left = id === undefined ? undefined : engine.client.getContainer(id).remove({ force: true });
    await left?.catch(() => undefined);
    throw engineFailure(`${request.what} could not be started`, error, 'space');
  }
  return id ?? bug('a started container without a number');
}

async function makeContainer(request: ContainerRequest, { session }: Engine, onCreated: (id: string) => void) {
  const { name, image, command, env, labels, network, alias, volume, ports, limits, archive } = request;
  const { folder = IN_IMAGE.node, user = `${IN_IMAGE.uid}:${IN_IMAGE.uid}` } = request;
  const { GenericContainer } = await testcontainers();

  /** The library lacks ports on the loopback alone, aliases without a second network, and labelled volumes. */
  class ProcessContainer extends GenericContainer {
    protected override beforeContainerCreated(): Promise<void> {
      const keys = ports.map((port) => `${port}/tcp`);
      this.createOpts.ExposedPorts = Object.fromEntries(keys.map((key) => [key, {}]));
      this.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: [alias] } } };
      this.hostConfig.PortBindings = Object.fromEntries(keys.map((key) => [key, [{ HostIp: LOOPBACK, HostPort: '' }]]));
      this.hostConfig.Mounts = [
        { Type: 'volume', Source: volume, Target: folder, ReadOnly: false, VolumeOptions: volumeOptions(labels) },
      ];
      // Whether it is well is for the harness to see: a JVM more every few seconds would take the nodes' processors.
      this.createOpts.Healthcheck = { Test: ['NONE'] };
      // No swap beside the memory: a node that swaps is slow in a way that looks like a verdict.
      this.hostConfig.MemorySwap = limits.memoryMb * 1024 ** 2;
      return Promise.resolve();
    }

    protected override containerCreated(id: string): Promise<void> {
      onCreated(id);
      return Promise.resolve();
    }
  }

  return (
    new ProcessContainer(image.reference)
      .withName(name)
      // A base image may have an entry point of its own.
      .withEntrypoint(command.slice(0, 1))
      .withCommand(command.slice(1))
      .withEnvironment({ LANG: 'C.UTF-8', ...env })
      .withLabels({ ...labels })
      .withHostname(alias)
      .withNetworkMode(network)
      .withUser(user)
      .withWorkingDir(folder)
      .withDroppedCapabilities('ALL')
      .withSecurityOpt('no-new-privileges')
      .withResourcesQuota({ memory: limits.memoryMb / 1024, cpu: limits.cpus })
      .withDefaultLogDriver()
      .withCopyArchivesToContainer(archive ? [{ tar: archive, target: UNPACKED_IN }] : [])
      // The caller waits for its output; the library would wait for its ports.
      .withWaitStrategy(await noWait())
      .withAutoCleanup(session.kind === 'ryuk')
  );
}

function volumeOptions(labels: Readonly<Record<string, string>>): Dockerode.MountSettings['VolumeOptions'] {
  return { NoCopy: false, Labels: { ...labels }, DriverConfig: { Name: 'local', Options: {} } };
}

async function noWait() {
  const { StartupCheckStrategy } = await testcontainers();
  class Started extends StartupCheckStrategy {
    checkStartupState(): Promise<'SUCCESS'> {
      return Promise.resolve('SUCCESS');
    }
  }
  return new Started();
}

async function hasRun({ client }: Engine, id: string): Promise<boolean> {
  const { State } = await client.getContainer(id).inspect();
  return State.Status === 'exited' && !State.StartedAt.startsWith('0001-');
}

async function watch(engine: Engine, handle: Dockerode.Container, request: ContainerRequest): Promise<NodeExit> {
  const printed = print(engine, handle, request.consoleFile);
  try {
    const { StatusCode: code } = (await handle.wait()) as { StatusCode: number };
    await withLimit(printed, { name: `output of ${request.what}`, limit: OUTPUT_LIMIT_MS }).catch(() => undefined);
    return exitOf(code, await isOutOfMemory(handle), request.limits);
  } catch (error) {
    const why = `the Docker engine reports nothing more about it: ${(error as Error).message}`;
    return { code: null, signal: null, why };
  }
}

async function print({ runtime }: Engine, handle: Dockerode.Container, file: string): Promise<void> {
  await pipeline(await runtime.container.logs(handle), createWriteStream(file, { flags: 'a', mode: 0o600 }));
}

async function isOutOfMemory(handle: Dockerode.Container): Promise<boolean> {
  // Gone with its space: then its end is not needed.
  const seen = await handle.inspect().catch(() => undefined);
  return seen?.State.OOMKilled ?? false;
}

/** A status as a shell tells a signal's: 128 and its number. */
function exitOf(code: number, outOfMemory: boolean, { memoryMb }: ContainerLimits): NodeExit {
  if (code !== 137) return { code, signal: null };
  const why = `it wanted more than the ${memoryMb} MB of memory that its container may take`;
  return { code: null, signal: 'SIGKILL', ...(outOfMemory ? { why } : {}) };
}

/** A file below a node's base directory; `undefined` where there is none. @throws Error when the path leads out of it */
export async function readContainerFile(
  { id, stagingFolder, container }: OpenProcess,
  path: string,
): Promise<Buffer | undefined> {
  const inside = insideBase(id, path);
  // Before its start, a node has only its staging folder.
  if (!container || inside === CONSOLE_LOG) return await readFile(join(stagingFolder, inside)).catch(absent(undefined));
  try {
    return await firstFile(await container.handle.getArchive({ path: `${IN_IMAGE.node}/${inside}` }));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Sorted names of the files in a folder below a node's base directory; none where there is no such folder. */
export async function listContainerFiles({ id, container }: OpenProcess, folder: string): Promise<readonly string[]> {
  const inside = insideBase(id, folder);
  if (!container) return [];
  try {
    return await fileNames(await container.handle.getArchive({ path: `${IN_IMAGE.node}/${inside}` }));
  } catch (error) {
    if (statusOf(error) === 404) return [];
    throw error;
  }
}
