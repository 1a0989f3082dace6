import type { KubernetesObject } from '@kubernetes/client-node';
import { asking, codeOf } from '../../providers/kubernetes/api-error.ts';
import type { Cluster } from '../../providers/kubernetes/cluster.ts';

/** A kind of object that a namespace can hold. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The same objects under another name, and what comes and goes by itself. */
const PASSED_OVER = /^(Event|Endpoints|EndpointSlice|Lease|ControllerRevision|PodMetrics|ReplicationController)$/;

/** All kinds that can be listed and deleted in namespaces of this cluster, its extensions' included. */
export async function namespacedKinds({ core, config, client }: Cluster): Promise<readonly Kind[]> {
  const groups = await asking(() => config.makeApiClient(client.ApisApi).getAPIVersions());
  const custom = config.makeApiClient(client.CustomObjectsApi);
  const versions = groups.groups.flatMap(({ name, preferredVersion }) => {
    return preferredVersion ? [{ group: name, version: preferredVersion.version }] : [];
  });
  const lists = await Promise.all([
    asking(() => core.getAPIResources()).then(({ resources }) => ({ apiVersion: 'v1', resources })),
    ...versions.map(async ({ group, version }) => {
      const list = await asking(() => custom.getAPIResources({ group, version })).catch((error: unknown) => {
        // The server of an extension that is down says nothing of what it has.
        if (codeOf(error) !== undefined) return { resources: [] };
        throw error;
      });
      return { apiVersion: `${group}/${version}`, resources: list.resources };
    }),
  ]);
  return lists.flatMap(({ apiVersion, resources }) =>
    resources
      .filter(
        ({ namespaced, verbs, name }) =>
          namespaced && !name.includes('/') && verbs.includes('list') && verbs.includes('delete'),
      )
      .filter(({ kind }) => !PASSED_OVER.test(kind))
      .map(({ kind }) => ({ apiVersion, kind })),
  );
}

/** An object with the kind that lists do not repeat. */
export type Found = KubernetesObject & Kind;

/** All objects of a namespace; what this user may not see is not there. */
export async function objectsIn(
  { objects }: Cluster,
  namespace: string,
  kinds: readonly Kind[],
): Promise<readonly Found[]> {
  const lists = await Promise.all(
    kinds.map(async ({ apiVersion, kind }) => {
      try {
        const { items } = await asking(() => objects.list(apiVersion, kind, namespace));
        return items.map((item): Found => ({ ...item, apiVersion, kind }));
      } catch (error) {
        if ([403, 404, 405].includes(codeOf(error) ?? 0)) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.name}`;
}
