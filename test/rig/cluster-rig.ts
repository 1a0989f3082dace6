import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exists, writeDurably } from '../../src/harness/support/files.ts';
import { endProcesses } from '../../src/harness/support/processes.ts';
import { envText } from './env-text.ts';
import { exclusively } from './exclusively.ts';
import { holdSettings, releaseSettings } from './kernel-settings.ts';
import { askApi } from './kubernetes/ask.ts';
import { buildBox, cannotBuild } from './kubernetes/build.ts';
import { makeUser } from './kubernetes/certificates.ts';
import type { ComponentName } from './kubernetes/components.ts';
import { writeKubeconfig } from './kubernetes/kubeconfig.ts';
import { start, stop } from './kubernetes/lifecycle.ts';
import { CHANGED_SETTINGS, networkRemains, networkTaken, removeNetwork } from './kubernetes/network.ts';
import { kubeconfigFile, NODE, planCluster, type ClusterPlan } from './kubernetes/plan.ts';
import { outsideRemains, removeOutsideFiles } from './kubernetes/remains.ts';
import { readyCondition, startCluster, writePrograms } from './kubernetes/start.ts';
import { cannotRun, CLUSTER_PACKAGES, installPackages } from './packages.ts';
import { endCgroups, removeRuntimeFiles, RIG_MARKER, rigRemains, unmountBelow } from './remains.ts';

/** What tests are told of a cluster: environment variables. */
export interface ClusterEnv {
  /** Of an administrator. */
  readonly COMPAT_TEST_KUBECONFIG: string;
  /** A kubectl of the cluster's own version. */
  readonly COMPAT_TEST_KUBECTL: string;
  readonly COMPAT_TEST_HELM: string;
}

interface ClusterState {
  readonly plan: ClusterPlan;
  readonly env?: ClusterEnv;
}

type Say = (text: string) => void;

/** Sockets below it: a path may have 100 letters or so. */
export const CLUSTER_ROOT = join(homedir(), '.cache', 'corda-compat-k8s');
const STOP_LIMIT_MS = 30_000;

/** The cluster that the environment names; `undefined` unless it names all of it. */
export function namedCluster(env: NodeJS.ProcessEnv): ClusterEnv | undefined {
  const { COMPAT_TEST_KUBECONFIG, COMPAT_TEST_KUBECTL, COMPAT_TEST_HELM } = env;
  if (!COMPAT_TEST_KUBECONFIG || !COMPAT_TEST_KUBECTL || !COMPAT_TEST_HELM) return undefined;
  return { COMPAT_TEST_KUBECONFIG, COMPAT_TEST_KUBECTL, COMPAT_TEST_HELM };
}

/** A real Kubernetes of one node: the one that runs already, or a fresh one. Installs packages; builds what is not built. */
export async function bringUpCluster(root: string, say: Say): Promise<ClusterEnv> {
  return await exclusively(root, async () => {
    const running = await runningCluster(root);
    if (running) return running;
    const why = cannotRun() ?? (await cannotBuild());
    if (why !== undefined) throw new Error(`no cluster here: ${why}`);
    await installPackages(CLUSTER_PACKAGES, say);
    const box = await buildBox(say);
    if (await exists(root)) await remove(root);
    const taken = await networkTaken();
    if (taken !== undefined) throw new Error(`no cluster here: ${taken}`);
    return await startIn(root, await planCluster(root, box), say);
  });
}

/** The environment of a cluster that is up and whose node takes pods. */
export async function runningCluster(root: string): Promise<ClusterEnv | undefined> {
  const state = await readState(root);
  if (!state?.env) return undefined;
  const { status, text } = await askApi(state.plan, `/api/v1/nodes/${NODE}`);
  return status === 200 && readyCondition(JSON.parse(text)) === undefined ? state.env : undefined;
}

/** Ends a cluster, however far it had come and whatever of it died. Resolves with what is left: nothing, that is. */
export async function takeDownCluster(root: string): Promise<readonly string[]> {
  return await exclusively(root, async () => {
    const proxied = await remove(root);
    return [...(await rigRemains(root)), ...(await networkRemains({ proxied })), ...(await outsideRemains(root))];
  });
}

/** Starts a program of the cluster again. Resolves when it is well. @throws Error where there is no cluster */
export async function startComponent(root: string, name: ComponentName): Promise<void> {
  await start(await planOf(root), name);
}

/** Ends one program of the cluster alone: pods and all else go on. `graceMs: 0` kills it. */
export async function stopComponent(root: string, name: ComponentName, { graceMs = 5_000 } = {}): Promise<void> {
  await stop(await planOf(root), name, graceMs);
}

/**
 * A user of the cluster who may do nothing until a role says so. `expired`: with credentials whose time is over.
 * @returns the path of the kubeconfig
 */
export async function kubeconfigFor(root: string, user: string, options: { expired?: boolean } = {}): Promise<string> {
  if (!/^[a-z0-9-]+$/.test(user)) throw new Error(`${JSON.stringify(user)} is no user's name: expected a-z, 0-9 and -`);
  const plan = await planOf(root);
  return await writeKubeconfig(plan, await makeUser(plan, user, options));
}

async function startIn(root: string, plan: ClusterPlan, say: Say): Promise<ClusterEnv> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeState(root, { plan });
  try {
    say(`starting a Kubernetes node in ${root}`);
    await holdSettings(root, CHANGED_SETTINGS);
    await startCluster(plan);
    const { kubectl, helm } = await writePrograms(plan);
    const env: ClusterEnv = {
      COMPAT_TEST_KUBECONFIG: kubeconfigFile(plan, 'admin'),
      COMPAT_TEST_KUBECTL: kubectl,
      COMPAT_TEST_HELM: helm,
    };
    await writeFile(join(root, 'env'), envText({ ...env }));
    await writeState(root, { plan, env });
    return env;
  } catch (error) {
    await remove(root);
    throw error;
  }
}

/** @returns whether there was one */
async function remove(root: string): Promise<boolean> {
  const known = await exists(root);
  const marker = { name: RIG_MARKER, value: root };
  // At once and without mercy: nothing of it is kept, and whoever ended first would be missed by the others.
  await endProcesses({ name: `the cluster ${root}`, marker, graceMs: 0, limitMs: STOP_LIMIT_MS });
  await endCgroups(root);
  await unmountBelow(root);
  await removeNetwork({ proxied: known });
  await removeRuntimeFiles();
  await removeOutsideFiles(root);
  await releaseSettings(root);
  await rm(root, { recursive: true, force: true });
  return known;
}

async function planOf(root: string): Promise<ClusterPlan> {
  const state = await readState(root);
  if (!state) throw new Error(`no cluster in ${root}: run test/rig/up`);
  return state.plan;
}

async function readState(root: string): Promise<ClusterState | undefined> {
  const text = await readFile(join(root, 'state.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterState);
}

async function writeState(root: string, state: ClusterState): Promise<void> {
  await writeDurably(join(root, 'state.json'), JSON.stringify(state));
}
