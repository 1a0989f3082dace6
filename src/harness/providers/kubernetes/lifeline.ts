import type { ImageRef } from '../../domain/image.ts';
import { K8S_ANNOTATION } from '../../manifests/labels.ts';
import { lifelineManifests } from '../../manifests/lifeline.ts';
import { asking } from './api-error.ts';
import { applyAll, type Cluster } from './cluster.ts';
import type { OpenSpace } from './kubernetes-space.ts';

const EVERY_MS = 60_000;

/** Until when a namespace is kept that is heard of now: an ISO time. */
export function keptUntil(lifelineMs: number): string {
  return new Date(Date.now() + lifelineMs).toISOString();
}

/** Says every minute that the namespace is still wanted. @returns what ends it */
export function keepAlive(cluster: Cluster, namespace: string, lifelineMs: number): () => void {
  const { core, client } = cluster;
  const merge = client.setHeaderOptions('Content-Type', client.PatchStrategy.MergePatch);
  const push = async (): Promise<void> => {
    const body = { metadata: { annotations: { [K8S_ANNOTATION.deleteAfter]: keptUntil(lifelineMs) } } };
    await asking(() => core.patchNamespace({ name: namespace, body }, merge));
  };
  // A minute that is missed does not matter: the next one counts as much.
  const timer = setInterval(() => void push().catch(() => undefined), EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** Has the namespace delete itself once nobody keeps it. @param image any of ours that the cluster can pull */
export async function layLifeline(open: OpenSpace, image: ImageRef): Promise<void> {
  const { cluster, facts, labels, settings, signal } = open;
  const placed = { namespace: facts.namespace, labels };
  const manifests = lifelineManifests({ image, pullSecret: settings.login !== undefined }, placed);
  // Who may not do everything is asked whether he may do what the Role says, so it must be there before it is bound.
  const isBinding = ({ kind }: { kind?: string }): boolean => kind === 'RoleBinding';
  await applyAll(
    cluster,
    manifests.filter((each) => !isBinding(each)),
    signal,
  );
  await applyAll(cluster, manifests.filter(isBinding), signal);
}
