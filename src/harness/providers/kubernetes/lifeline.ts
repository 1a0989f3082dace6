import type { ImageRef } from '../../images/image.ts';
import { FIELD_MANAGER, K8S_ANNOTATION } from './manifests/names.ts';
import { lifelineManifests } from './manifests/lifeline.ts';
import { asking, type Cluster } from './cluster.ts';
import type { OpenSpace, SpaceHome } from './kubernetes-space.ts';

const EVERY_MS = 60_000;

/** Until when a space is kept that is heard of now: an ISO time. */
export function keptUntil(lifelineMs: number): string {
  return new Date(Date.now() + lifelineMs).toISOString();
}

/** Says every minute that a space is still wanted. @returns what ends it */
export function keepAlive(cluster: Cluster, { root, ref }: SpaceHome, lifelineMs: number): () => void {
  const { objects, client } = cluster;
  const { kind, name } = root;
  const where = kind === 'Namespace' ? { name } : { name, namespace: ref.namespace };
  const push = async (): Promise<void> => {
    const annotations = { [K8S_ANNOTATION.deleteAfter]: keptUntil(lifelineMs) };
    const patch = { apiVersion: 'v1', kind, metadata: { ...where, annotations } };
    const how = client.PatchStrategy.MergePatch;
    await asking(() => objects.patch(patch, undefined, undefined, FIELD_MANAGER, undefined, how));
  };
  // A minute that is missed does not matter: the next one counts as much.
  const timer = setInterval(() => void push().catch(() => undefined), EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** Lets the space delete itself once no run renews it. @param image any of ours that the cluster can pull */
export async function layLifeline(open: OpenSpace, image: ImageRef): Promise<void> {
  const { home, facts, labels, settings, signal } = open;
  const placed = { namespace: facts.namespace, labels };
  const pullSecret = settings.login !== undefined;
  const manifests = lifelineManifests({ image, pullSecret, root: home.root }, placed);
  // A user without all rights must have those of the Role, so the Role comes before its binding.
  const isBinding = ({ kind }: { kind?: string }): boolean => kind === 'RoleBinding';
  await home.apply(
    manifests.filter((each) => !isBinding(each)),
    signal,
  );
  await home.apply(manifests.filter(isBinding), signal);
}
