import { join } from 'node:path';
import { SPACE_MARKER, type Ledger } from '../../domain/ledger.ts';
import { blocked, StepError } from '../../domain/step-error.ts';
import { makePrivateFolder } from '../../support/files.ts';
import type { ConsoleLog } from '../../support/console-log.ts';
import { endProcesses } from '../../support/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Space, SpaceRequest } from '../provider.ts';
import { attemptEach, freeName, makeStages, removeSpaceFolder } from '../space-folder.ts';
import { lookForLeftovers } from './leftovers.ts';
import type { NodeProcess } from './node-process.ts';
import { placesIn } from './places.ts';
import { claimBlocks, portRange, releaseBlocks, type PortBlock } from './port-blocks.ts';

/**
 * From SIGTERM to SIGKILL when a space is destroyed. None: the evidence is collected by then, the folder goes with the nodes,
 * and how a node shuts down in order is for `stopNode` to see. With two seconds every cell took 2.4 s longer.
 */
const GRACE_MS = 0;
const PROCESSES_LIMIT_MS = 20_000;
const GONE_LIMIT_MS = 5_000;

/** What this process knows of a space that is not destroyed yet. */
export interface OpenSpace {
  readonly space: Space;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly entries: { readonly folder: string; readonly processes: string };
  readonly blocks: readonly PortBlock[];
  readonly memoryMb: ReadonlyMap<string, number>;
  /** Of nodes and services. */
  readonly nodes: Map<string, NodeProcess>;
  readonly logs: Map<string, ConsoleLog>;
  /** Starts under way: destruction waits for them, or it would miss their processes. */
  readonly starting: Set<Promise<unknown>>;
  /** Set once destruction has begun. */
  destroying?: Promise<void>;
}

/** Makes the folder and claims the ports; on any error all of it is undone. */
export async function openSpace(
  request: SpaceRequest,
  options: { root: string; env: NodeJS.ProcessEnv; folders: Set<string> },
): Promise<OpenSpace> {
  const { runId, nodes, services, ledger, signal } = request;
  const residents = [...nodes, ...services];
  signal.throwIfAborted();
  const blocks = await claimBlocks(portRange(options.env), residents.length, signal);
  const entries: { folder?: string; processes?: string } = {};
  const name = await freeName(join(options.root, runId), request.cell, options.folders);
  const folder = join(options.root, runId, name);
  try {
    await makePrivateFolder(options.root);
    // Undone in reverse: the processes end before their folder goes.
    entries.folder = await ledger.record({ kind: 'folder', path: folder });
    const id = `${runId}/${name}`;
    entries.processes = await ledger.record({ kind: 'processes', marker: id });
    const stages = await makeStages(folder, residents);
    signal.throwIfAborted();
    return {
      space: { id, ...placesIn(request, stages, blocks) },
      folder,
      ledger,
      entries: { folder: entries.folder, processes: entries.processes },
      blocks,
      memoryMb: new Map(residents.map(({ id, memoryMb }) => [id, memoryMb])),
      nodes: new Map(),
      logs: new Map(),
      starting: new Set(),
    };
  } catch (error) {
    await attemptEach([
      () => releaseBlocks(blocks),
      () => forget(ledger, entries.processes),
      async () => {
        await removeSpaceFolder(folder);
        await forget(ledger, entries.folder);
      },
    ]);
    if (signal.aborted || error instanceof StepError) throw error;
    throw blocked(
      'space',
      `the space of ${request.cell} could not be made in ${options.root}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** Ends, removes and frees all of a space; attempts everything. @throws AggregateError with every failure */
export async function closeSpace(open: OpenSpace): Promise<void> {
  const { space, ledger, entries } = open;
  await Promise.allSettled(open.starting);
  const failures = await attemptEach([
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
    async () => {
      await removeSpaceFolder(open.folder);
      await ledger.undone(entries.folder);
    },
    () => releaseBlocks(open.blocks),
    () => waitUntilGone(space, open.folder),
  ]);
  if (failures.length > 0) {
    const words = failures.map((failure) => failure.message).join('; ');
    throw new AggregateError(failures, `space ${space.id} could not be destroyed completely: ${words}`);
  }
}

async function forget(ledger: Ledger, entry: string | undefined): Promise<void> {
  if (entry !== undefined) await ledger.undone(entry);
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
