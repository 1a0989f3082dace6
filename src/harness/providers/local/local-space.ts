import { join, resolve } from 'node:path';
import { readFile, readdir, realpath } from 'node:fs/promises';
import { SPACE_MARKER } from '../../cleanup/ledger.ts';
import { blocked, StepError } from '../../support/step-error.ts';
import { makePrivateFolder, absent, isWithin } from '../../support/files.ts';
import type { ConsoleLog } from '../../support/console-log.ts';
import { endProcesses } from '../../support/processes.ts';
import { waitUntil } from '../../support/wait.ts';
import type { Space, SpaceRequest, ServicePlace } from '../provider.ts';
import { attemptEach, endSpace, freeName, makeStagingFolders, removeSpaceFolder } from '../space.ts';
import type { OpenSpaceBase } from '../space.ts';
import { lookForLeftovers } from './leftovers.ts';
import type { NodeProcess } from './node-process.ts';
import { claimBlocks, portRange, releaseBlocks, type PortBlock } from './port-blocks.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { PORT_NAMES, type Endpoint, type NodePlace } from '../../corda/topology.ts';

/**
 * From SIGTERM to SIGKILL when a space is destroyed. None: the evidence is collected by then, the folder goes with the nodes,
 * and how a node shuts down in order is for `stopNode` to see. With two seconds every cell took 2.4 s longer.
 */
const GRACE_MS = 0;
const PROCESSES_LIMIT_MS = 20_000;
const GONE_LIMIT_MS = 5_000;

export interface OpenSpace extends OpenSpaceBase {
  readonly entries: { readonly folder: string; readonly processes: string };
  readonly blocks: readonly PortBlock[];
  readonly memoryMb: ReadonlyMap<string, number>;
  /** Processes of nodes and services. */
  readonly nodes: Map<string, NodeProcess>;
  readonly logs: Map<string, ConsoleLog>;
}

/** Makes the folder and claims the ports; on any error all of it is undone. */
export async function openSpace(
  request: SpaceRequest,
  options: { root: string; env: NodeJS.ProcessEnv; folders: Set<string> },
): Promise<OpenSpace> {
  const { runId, nodes, services, ledger, signal } = request;
  const processes = [...nodes, ...services];
  signal.throwIfAborted();
  const blocks = await claimBlocks(portRange(options.env), processes.length, signal);
  const entries: { folder?: string; processes?: string } = {};
  const name = await freeName(join(options.root, runId), request.cell, options.folders);
  const folder = join(options.root, runId, name);
  try {
    await makePrivateFolder(options.root);
    // Undone in reverse: the processes end before their folder goes.
    entries.folder = await ledger.record({ kind: 'folder', path: folder });
    const id = `${runId}/${name}`;
    entries.processes = await ledger.record({ kind: 'processes', marker: id });
    const stagingFolders = await makeStagingFolders(folder, processes);
    signal.throwIfAborted();
    return {
      space: { id, ...placesIn(request, stagingFolders, blocks) },
      folder,
      ledger,
      entries: { folder: entries.folder, processes: entries.processes },
      blocks,
      memoryMb: new Map(processes.map(({ id, memoryMb }) => [id, memoryMb])),
      nodes: new Map(),
      logs: new Map(),
      busy: new Set(),
    };
  } catch (error) {
    await attemptEach([
      () => releaseBlocks(blocks),
      async () => entries.processes && (await ledger.undone(entries.processes)),
      () => removeSpaceFolder(folder, ledger, entries.folder),
    ]);
    if (signal.aborted || error instanceof StepError) throw error;
    const what = `the space of ${request.cell} could not be made in ${options.root}`;
    throw blocked('space', `${what}: ${(error as Error).message}`, { cause: error });
  }
}

/** Ends, removes and frees all of a space; attempts everything. @throws AggregateError with every failure */
export async function closeSpace(open: OpenSpace): Promise<void> {
  const { space, ledger, entries } = open;
  await Promise.allSettled(open.busy);
  await endSpace(space, [
    async () => {
      await endProcesses({
        name: `processes of space ${space.id}`,
        marker: { name: SPACE_MARKER, value: space.id },
        recorded: [...open.nodes.values()].flatMap((node) => node.ref ?? []),
        graceMs: GRACE_MS,
        limitMs: PROCESSES_LIMIT_MS,
      });
      await ledger.undone(entries.processes);
    },
    () => removeSpaceFolder(open.folder, ledger, entries.folder),
    () => releaseBlocks(open.blocks),
    () => waitUntilGone(space, open.folder),
  ]);
}

async function waitUntilGone(space: Space, folder: string): Promise<void> {
  await waitUntil(
    async () => {
      const left = await lookForLeftovers(space, { folder, guards: [] });
      if (left.length === 0) return { done: true, value: undefined };
      return { done: false, last: left.map(({ kind, what }) => `${kind} ${what}`).join(', ') };
    },
    { name: `nothing left of space ${space.id}`, limit: GONE_LIMIT_MS },
  );
}

/** Blocks and staging folders are in the order of the nodes, then of the services. */
function placesIn({ nodes, services }: SpaceRequest, stagingFolders: readonly string[], blocks: readonly PortBlock[]) {
  const endpoints = blocks.map(({ ports }) => ports.map((port): Endpoint => ({ host: LOOPBACK, port })));
  const place = (id: string, index: number) => ({ id, stagingFolder: stagingFolders[index] ?? '', listenOn: LOOPBACK });
  const places = nodes.map(({ id }, index): NodePlace => {
    const entries = PORT_NAMES.map((name, at) => [name, endpoints[index]?.[at]]);
    return { ...place(id, index), addresses: Object.fromEntries(entries) as NodePlace['addresses'] };
  });
  // A service listens on one port; the rest of its block stays free.
  const servicePlaces = services.map(({ id }, at): ServicePlace => {
    const index = nodes.length + at;
    return { ...place(id, index), address: endpoints[index]?.[0] ?? { host: LOOPBACK, port: 0 } };
  });
  const byId = <P extends { readonly id: string }>(all: readonly P[]) => new Map(all.map((each) => [each.id, each]));
  return { places: byId(places), services: byId(servicePlaces) };
}

/** A file below a node's base directory; `undefined` where there is none. @throws Error when the path leads out of it */
export async function readNodeFile(base: string, path: string): Promise<Buffer | undefined> {
  const file = await safePath(base, path);
  if (file === undefined) return undefined;
  return await readFile(file).catch(absent(undefined));
}

/** Sorted names of the files in a folder below a node's base directory; none where there is no such folder. */
export async function listNodeFiles(base: string, folder: string): Promise<readonly string[]> {
  const path = await safePath(base, folder);
  if (path === undefined) return [];
  const entries = await readdir(path, { withFileTypes: true }).catch(absent([]));
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** The real path, once it is certain that neither `..` nor a link leads out of the base directory. */
async function safePath(base: string, path: string): Promise<string | undefined> {
  const wanted = resolve(base, path);
  const real = isWithin(base, wanted) ? await realpath(wanted).catch(absent(undefined)) : null;
  if (real === undefined) return undefined;
  if (real === null || !isWithin(await realpath(base), real)) {
    throw new Error(`${JSON.stringify(path)} leads out of the node's base directory ${base}`);
  }
  return real;
}
