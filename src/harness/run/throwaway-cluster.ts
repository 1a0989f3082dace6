import { join } from 'node:path';
import type { ClusterAddress } from '../domain/ledger.ts';
import { k3sImage, k3sLabel, requireK3s, startK3s } from '../providers/docker/k3s.ts';
import { engineOnce } from '../providers/docker/engine.ts';
import { writeDurably } from '../support/files.ts';
import type { RunProvidersOptions } from './run-provider.ts';

/**
 * A cluster of the run's own, in a container that goes with the run: it stands in the ledger before it is made, and whoever
 * undoes the ledger removes it with all that is in it. Its kubeconfig is in the run's folder.
 * @throws StepError blocked, with nothing left
 */
export async function throwawayCluster({ run, root, releases }: RunProvidersOptions): Promise<ClusterAddress> {
  const { runId, env, progress } = run;
  const image = k3sImage(env);
  const engine = await engineOnce(env)();
  await requireK3s(engine, image);
  const ledger = await releases.run?.ledger();
  const entry = await ledger?.record({ kind: 'docker', engine: engine.address, label: k3sLabel(runId) });
  progress.say(`starting a throw-away cluster (${image}), privileged`);
  try {
    const kubeconfig = join(root, runId, 'k3s.kubeconfig');
    await writeDurably(kubeconfig, await startK3s(engine, { runId, image, signal: releases.signal }));
    return { kubeconfig, throwaway: true };
  } catch (error) {
    if (entry !== undefined) await ledger?.undone(entry);
    throw error;
  }
}
