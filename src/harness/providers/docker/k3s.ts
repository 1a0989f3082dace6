import type { K3sContainer } from '@testcontainers/k3s';
import { blocked } from '../../domain/step-error.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { unlessAborted } from '../../support/with-limit.ts';
import { ownerNow } from '../space-owner.ts';
import { engineError, type Engine } from './engine.ts';
import { removeLabelled, statusOf } from './labelled.ts';
import { LABEL, labelled } from './labels.ts';

const PUBLIC_IMAGE = 'rancher/k3s:v1.34.1-k3s1';
const ID = 'k3s';
const API_SERVER = 6443;
const REMOVAL_LIMIT_MS = 30_000;

/** The library's module, loaded when a cluster is wanted: see `testcontainers`. */
const k3sModule = () => import('@testcontainers/k3s');

export function k3sImage(env: Readonly<Record<string, string | undefined>>): string {
  return env['COMPAT_K3S_IMAGE'] || PUBLIC_IMAGE;
}

/** Why a K3s cannot be started from this engine, and what to do; `undefined` where it can. @throws StepError blocked */
export async function whyNoK3s(
  { client, address }: Pick<Engine, 'client' | 'address'>,
  image: string,
): Promise<string | undefined> {
  try {
    await client.getImage(image).inspect();
    return undefined;
  } catch (error) {
    if (statusOf(error) !== 404) throw engineError(`the image ${image}`, error);
    return (
      `the image ${image} of the throw-away cluster (cluster: "k3s") is not in the Docker engine at ${address.url}, and a run does ` +
      `not fetch it. docker pull ${image}, or name another one with COMPAT_K3S_IMAGE, or use the cluster of your kubeconfig ` +
      '(cluster: "kubeconfig", COMPAT_CLUSTER=kubeconfig)'
    );
  }
}

/** By which everybody finds the container of a run: its ledger, its reaper, a sweep. */
export function k3sLabel(runId: string): string {
  return labelled(LABEL.space, `${runId}/${ID}`);
}

export interface K3sOrder {
  readonly runId: string;
  readonly image: string;
  readonly signal: AbortSignal;
}

/** Starts a cluster in a privileged container. @returns its kubeconfig @throws StepError blocked, with no container left */
export async function startK3s(engine: Engine, { runId, image, signal }: K3sOrder): Promise<string> {
  signal.throwIfAborted();
  try {
    const container = await k3sContainer(engine, { runId, image });
    const started = await unlessAborted(container.start(), signal);
    return started.getKubeConfig();
  } catch (error) {
    await removeLabelled(engine.client, k3sLabel(runId), { limitMs: REMOVAL_LIMIT_MS, looks: 2 });
    signal.throwIfAborted();
    throw engineError(`the throw-away cluster (${image}, in a privileged container) did not start`, error);
  }
}

async function k3sContainer(
  { session }: Engine,
  { runId, image }: Pick<K3sOrder, 'runId' | 'image'>,
): Promise<K3sContainer> {
  const { K3sContainer: Container } = await k3sModule();
  const owner = JSON.stringify(await ownerNow(runId));

  /** Its API server is for this machine alone. */
  class OnLoopback extends Container {
    protected override async beforeContainerCreated(): Promise<void> {
      await super.beforeContainerCreated();
      this.hostConfig.PortBindings = { [`${API_SERVER}/tcp`]: [{ HostIp: LOOPBACK, HostPort: '' }] };
      this.createOpts.ExposedPorts = { [`${API_SERVER}/tcp`]: {} };
      this.exposedPorts = [API_SERVER];
    }
  }

  return new OnLoopback(image)
    .withName(`corda-compat-${runId}-${ID}`)
    .withLabels({ [LABEL.run]: runId, [LABEL.space]: `${runId}/${ID}`, [LABEL.resident]: ID, [LABEL.owner]: owner })
    .withAutoCleanup(session.kind === 'ryuk');
}

/** @throws StepError blocked where its image is not there */
export async function requireK3s(engine: Pick<Engine, 'client' | 'address'>, image: string): Promise<void> {
  const why = await whyNoK3s(engine, image);
  if (why !== undefined) throw blocked('space', why);
}
