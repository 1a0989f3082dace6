import type Dockerode from 'dockerode';
import { LABEL, labelled } from '../providers/docker/labels.ts';
import { findLabelled, removeLabelled, type EngineThing } from '../providers/docker/labelled.ts';
import { parseOwner, type SpaceOwner } from '../providers/space-owner.ts';
import { ownerState } from './run-folder.ts';
import type { SweepOptions, SweptItem } from './sweep.ts';

const REMOVAL_LIMIT_MS = 60_000;
/** Their maker died, perhaps just now: see RemoveOptions. */
const LOOKS = 2;

/**
 * Removes containers, networks and volumes of runs whose owner is gone: what is left where a run's folder, with its ledger,
 * went before them, as at a restart of the machine. `what.path` names the run.
 */
export async function sweepEngine(
  engine: Dockerode,
  { dryRun, olderThanMs = 0 }: Pick<SweepOptions, 'dryRun' | 'olderThanMs'>,
): Promise<readonly SweptItem[]> {
  const runs = byRun(await findLabelled(engine, LABEL.run));
  return await Promise.all(
    [...runs].map(([run, things]) => sweepRun(engine, { run, things }, { dryRun, olderThanMs })),
  );
}

function byRun(things: readonly EngineThing[]): ReadonlyMap<string, readonly EngineThing[]> {
  const runs = new Map<string, EngineThing[]>();
  for (const thing of things) {
    const run = thing.labels[LABEL.run] ?? '';
    runs.set(run, [...(runs.get(run) ?? []), thing]);
  }
  return runs;
}

async function sweepRun(
  engine: Dockerode,
  { run, things }: { run: string; things: readonly EngineThing[] },
  { dryRun, olderThanMs }: { dryRun: boolean; olderThanMs: number },
): Promise<SweptItem> {
  const path = `containers, networks and volumes of run ${run}`;
  const what = things.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const owner = ownerOf(things);
  if (!owner)
    return { path, state: 'unknown', detail: `${what}: no readable owner; remove them by hand if they are yours` };
  const who = `pid ${owner.pid}, begun ${owner.at}`;
  const state = await ownerState(owner);
  if (state === 'elsewhere') return { path, state, detail: `${who} on ${owner.host}: sweep there` };
  if (state === 'alive') return { path, state, detail: who };
  if (Date.now() - Date.parse(owner.at) < olderThanMs) return { path, state: 'young', detail: who };
  if (dryRun) return { path, state: 'would-remove', detail: `${who}, which is gone: ${what}` };
  try {
    await removeLabelled(engine, labelled(LABEL.run, run), { limitMs: REMOVAL_LIMIT_MS, looks: LOOKS });
    return { path, state: 'removed', detail: `${who}, which is gone: ${what}` };
  } catch (error) {
    return { path, state: 'failed', detail: (error as Error).message };
  }
}

/** One of them may be cut off: perhaps another thing of the run tells. */
function ownerOf(things: readonly EngineThing[]): SpaceOwner | undefined {
  return things.map(({ labels }) => parseOwner(labels[LABEL.owner])).find((owner) => owner !== undefined);
}
