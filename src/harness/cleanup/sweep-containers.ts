import type { V1ObjectMeta } from '@kubernetes/client-node';
import type Dockerode from 'dockerode';
import { K8S_ANNOTATION, K8S_LABEL } from '../providers/kubernetes/manifests/names.ts';
import { asking, clusterError, codeOf, FIRST_CONTACT_MS, type Cluster } from '../providers/kubernetes/cluster.ts';
import { readHold } from '../providers/kubernetes/hold.ts';
import type { SpaceRef } from '../providers/kubernetes/labelled.ts';
import { removeSpace } from '../providers/kubernetes/space-entry.ts';
import { parseOwner, type SpaceOwner } from '../providers/space.ts';
import { ownerState } from './run-folder.ts';
import type { SweepOptions, SweptItem } from './sweep.ts';
import { LABEL, labelled, findLabelled, removeLabelled, type EngineThing } from '../providers/docker/labelled.ts';

const SPACE_LIMIT_MS = 90_000;
/** Their maker died, perhaps just now. */
const SPACE_LOOKS = 2;

export interface ClusterSweepOptions extends Pick<SweepOptions, 'dryRun' | 'olderThanMs'> {
  /** Namespaces that cells live in without having made them. */
  readonly given?: readonly string[] | undefined;
}

/** Something that a run has left, and what says whose it is. */
interface LeftSpace {
  readonly path: string;
  readonly ref: SpaceRef;
  readonly metadata: V1ObjectMeta;
}

/**
 * Removes spaces of runs whose owner is gone: what is left where a run's folder, with its ledger, went before them. Who may
 * not list namespaces has made none.
 * @throws StepError blocked where no API server answers
 */
export async function sweepCluster(cluster: Cluster, options: ClusterSweepOptions): Promise<readonly SweptItem[]> {
  const { given = [] } = options;
  try {
    const holds = given.map((namespace) => unlessForbidden(heldSpace(cluster, namespace)));
    const found = await Promise.all([unlessForbidden(madeSpaces(cluster)), ...holds]);
    return await Promise.all(found.flat().map((left) => sweepOne(cluster, left, options)));
  } catch (error) {
    throw clusterError('the search for leftovers of dead runs failed', error);
  }
}

async function madeSpaces({ core }: Cluster): Promise<readonly LeftSpace[]> {
  const list = () => core.listNamespace({ labelSelector: K8S_LABEL.run });
  const { items } = await asking(list, undefined, FIRST_CONTACT_MS);
  return items.map(({ metadata = {} }) => {
    const { name: namespace = '' } = metadata;
    return { path: `namespace ${namespace}`, ref: { namespace, space: spaceOf(metadata) }, metadata };
  });
}

async function heldSpace(cluster: Cluster, namespace: string): Promise<readonly LeftSpace[]> {
  const { metadata } = (await readHold(cluster, namespace)) ?? {};
  if (!metadata) return [];
  const ref = { namespace, space: spaceOf(metadata), given: true } as const;
  return [{ path: `our objects in namespace ${namespace}`, ref, metadata }];
}

function spaceOf({ labels = {} }: V1ObjectMeta): string {
  return labels[K8S_LABEL.space] ?? '';
}

async function unlessForbidden(looking: Promise<readonly LeftSpace[]>): Promise<readonly LeftSpace[]> {
  return await looking.catch((error: unknown) => {
    if (codeOf(error) === 403) return [];
    throw error;
  });
}

async function sweepOne(
  cluster: Cluster,
  { path, ref, metadata }: LeftSpace,
  { dryRun, olderThanMs = 0 }: ClusterSweepOptions,
): Promise<SweptItem> {
  const owner = parseOwner(metadata.annotations?.[K8S_ANNOTATION.owner]);
  if (!owner) return { path, state: 'unknown', detail: 'no readable owner; remove it by hand if it is yours' };
  const who = `run ${owner.runId} of pid ${owner.pid}, begun ${owner.at}`;
  const state = await ownerState(owner);
  if (state === 'elsewhere') return { path, state, detail: `${who} on ${owner.host}: sweep there` };
  if (state === 'alive') return { path, state, detail: who };
  if (Date.now() - Date.parse(owner.at) < olderThanMs) return { path, state: 'young', detail: who };
  if (dryRun) return { path, state: 'would-remove', detail: `${who}, which is gone` };
  try {
    await removeSpace(cluster, ref, { limit: SPACE_LIMIT_MS, looks: SPACE_LOOKS });
    return { path, state: 'removed', detail: `${who}, which is gone` };
  } catch (error) {
    return { path, state: 'failed', detail: (error as Error).message };
  }
}

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
