import { join } from 'node:path';
import type { Ledger } from '../../domain/ledger.ts';
import { StepError } from '../../domain/step-error.ts';
import type { ConsoleLog } from '../../support/console-log.ts';
import { makePrivateFolder } from '../../support/files.ts';
import { placesInside, PORTS_INSIDE, SERVICE_PORT_INSIDE } from '../image-places.ts';
import type { Resident, Space, SpaceRequest } from '../provider.ts';
import { ownerNow } from '../space-owner.ts';
import { attemptEach, freeName, makeStages, removeSpaceFolder } from '../space-folder.ts';
import type { Sent } from './archive.ts';
import type { StartedContainer } from './container.ts';
import { engineFailure } from '../../docker/engine-failure.ts';
import type { Engine } from '../../docker/engine.ts';
import { LABEL, labelled } from './labels.ts';
import { removeLabelled } from './labelled.ts';

const REMOVAL_LIMIT_MS = 30_000;

/** What this process knows of a node or service. */
export interface OpenResident {
  readonly id: string;
  readonly memoryMb: number;
  readonly stage: string;
  /** Inside its container. */
  readonly ports: readonly number[];
  /** What of its stage is in its volume. */
  readonly sent: Sent;
  /** The one that was started last; it may have ended. */
  container?: StartedContainer;
  log?: ConsoleLog;
}

/** What this process knows of a space that is not destroyed yet. */
export interface OpenSpace {
  readonly space: Space;
  readonly engine: Engine;
  /** Name of the network, and beginning of all other names. */
  readonly name: string;
  readonly folder: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly entries: { readonly folder: string; readonly things: string };
  readonly residents: ReadonlyMap<string, OpenResident>;
  /** Starts under way: destruction waits for them, or it would miss their containers. */
  readonly starting: Set<Promise<unknown>>;
  /** Set once destruction has begun. */
  destroying?: Promise<void>;
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
    const residents = [...nodes, ...services];
    const stages = await makeStages(folder, residents);
    signal.throwIfAborted();
    await makeNetwork(engine, name, labels);
    signal.throwIfAborted();
    const all = residents.map((resident, index) => open(resident, stages[index] ?? '', index < nodes.length));
    return {
      space: { id, ...placesInside(all.slice(0, nodes.length), all.slice(nodes.length)) },
      engine,
      name,
      folder,
      labels,
      ledger,
      entries: { folder: entries.folder, things: entries.things },
      residents: new Map(all.map((resident) => [resident.id, resident])),
      starting: new Set(),
    };
  } catch (error) {
    await attemptEach([
      async () => {
        if (entries.things === undefined) return;
        await removeThings(engine, id);
        await ledger.undone(entries.things);
      },
      async () => {
        if (entries.folder === undefined) return;
        await removeSpaceFolder(folder);
        await ledger.undone(entries.folder);
      },
    ]);
    if (signal.aborted || error instanceof StepError) throw error;
    throw engineFailure(`the space of ${cell} could not be made`, error, 'space');
  }
}

/** Ends and removes all of a space; attempts everything. @throws AggregateError with every failure */
export async function closeSpace(open: OpenSpace): Promise<void> {
  const { space, engine, folder, ledger, entries, starting, residents } = open;
  await Promise.allSettled(starting);
  const failures = await attemptEach([
    async () => {
      await removeThings(engine, space.id);
      await ledger.undone(entries.things);
    },
    // Their last words are on the way into files that are about to go.
    () => Promise.all([...residents.values()].flatMap(({ container }) => container?.exited ?? [])),
    async () => {
      await removeSpaceFolder(folder);
      await ledger.undone(entries.folder);
    },
  ]);
  if (failures.length > 0) {
    const words = failures.map((failure) => failure.message).join('; ');
    throw new AggregateError(failures, `space ${space.id} could not be destroyed completely: ${words}`);
  }
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

function open({ id, memoryMb }: Resident, stage: string, isNode: boolean): OpenResident {
  return { id, memoryMb, stage, ports: isNode ? Object.values(PORTS_INSIDE) : [SERVICE_PORT_INSIDE], sent: new Map() };
}
