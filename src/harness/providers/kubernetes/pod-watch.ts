import type { CoreV1Event, KubernetesListObject, KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { K8S_LABEL } from '../../manifests/labels.ts';
import { asking } from './api-error.ts';
import type { Cluster } from './cluster.ts';

const AGAIN_MS = 500;

/** What the cluster tells of a space while it is up: its Pods, and the events of its namespace. */
export interface PodWatch {
  /** As they are now, newest last; without those that are gone. */
  pods(resident: string): readonly V1Pod[];
  events(): readonly CoreV1Event[];
  /** Called with each Pod that is new or changed, and with each that is gone, as it was last. */
  onPod(listener: (pod: V1Pod, gone: boolean) => void): void;
  stop(): Promise<void>;
}

/** Watches the Pods of a space. Whatever ends a watch, it begins again; what happened meanwhile is seen by a list. */
export async function watchPods(
  cluster: Cluster,
  { namespace, space }: { readonly namespace: string; readonly space: string },
): Promise<PodWatch> {
  const { core } = cluster;
  const labelSelector = `${K8S_LABEL.space}=${space}`;
  const listeners: ((pod: V1Pod, gone: boolean) => void)[] = [];
  const tell = (pod: V1Pod, gone: boolean): void => {
    for (const listener of listeners) listener(pod, gone);
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const pods = informer<V1Pod>(cluster, {
    path: `${path}/pods`,
    list: () => core.listNamespacedPod({ namespace, labelSelector }),
    labelSelector,
    seen: (pod) => tell(pod, false),
    gone: (pod) => tell(pod, true),
  });
  const events = informer<CoreV1Event>(cluster, {
    path: `${path}/events`,
    list: () => core.listNamespacedEvent({ namespace }),
  });
  await Promise.all([pods.started, events.started]);
  return {
    pods: (resident) =>
      pods
        .all()
        .filter(({ metadata }) => metadata?.labels?.[K8S_LABEL.resident] === resident)
        .sort((a, b) => createdAt(a) - createdAt(b)),
    events: () => events.all(),
    onPod: (listener) => void listeners.push(listener),
    stop: async () => {
      await Promise.all([pods.stop(), events.stop()]);
    },
  };
}

interface Informed<T extends KubernetesObject> {
  readonly path: string;
  readonly list: () => Promise<KubernetesListObject<T>>;
  readonly labelSelector?: string;
  readonly seen?: (object: T) => void;
  readonly gone?: (object: T) => void;
}

function informer<T extends KubernetesObject>(
  { client, config }: Cluster,
  { path, list, labelSelector, seen, gone }: Informed<T>,
): { started: Promise<void>; all(): T[]; stop(): Promise<void> } {
  let stopped = false;
  let again: NodeJS.Timeout | undefined;
  const watched = client.makeInformer<T>(config, path, () => asking(list), labelSelector);
  const start = (): Promise<void> => watched.start();
  // The library ends with any error and leaves it to its user to begin again.
  watched.on('error', () => {
    if (stopped) return;
    again = setTimeout(() => void start().catch(() => undefined), AGAIN_MS);
  });
  if (seen) for (const verb of ['add', 'update'] as const) watched.on(verb, seen);
  if (gone) watched.on('delete', gone);
  return {
    started: start(),
    all: () => [...watched.list()],
    stop: async () => {
      stopped = true;
      clearTimeout(again);
      await watched.stop();
    },
  };
}

/** A watch gives times as texts, whatever the types say. */
function createdAt({ metadata }: V1Pod): number {
  return metadata?.creationTimestamp === undefined ? 0 : new Date(metadata.creationTimestamp).getTime();
}
