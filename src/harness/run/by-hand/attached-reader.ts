import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { K8S_LABEL } from '../../manifests/labels.ts';
import { filesCommand, MAIN_CONTAINER } from '../../manifests/pod.ts';
import { asking } from '../../providers/kubernetes/api-error.ts';
import { followConsole, type ConsoleFollower } from '../../providers/kubernetes/console.ts';
import { isMainRunning } from '../../providers/kubernetes/container-state.ts';
import { execInPod } from '../../providers/kubernetes/pod-exec.ts';
import { insideBase } from '../../providers/image-places.ts';
import { contentOf } from '../../providers/kubernetes/pod-files.ts';
import { CONSOLE_LOG } from '../../providers/kubernetes/staged-files.ts';
import { ConsoleLog } from '../../support/console-log.ts';
import type { NodeReader } from '../node-logs.ts';
import type { Attached } from './until-up.ts';

/** Looks into the Pods of a network that is attached to; their consoles go into the evidence as they come. */
export interface AttachedReader extends NodeReader {
  stop(): Promise<void>;
}

type Followed = Pick<Attached, 'cluster' | 'namespace' | 'watch' | 'document'>;

/** @param evidence folder of the cell's evidence */
export async function readPods(attached: Followed, evidence: string): Promise<AttachedReader> {
  const { cluster, namespace, watch, document } = attached;
  const consoles = new Map<string, { readonly follower: ConsoleFollower; readonly log: ConsoleLog }>();
  const listeners: ((pod: V1Pod, gone: boolean) => void)[] = [];
  for (const { resident } of document.workloads) {
    const file = join(evidence, resident, CONSOLE_LOG);
    await mkdir(join(evidence, resident), { recursive: true });
    const follower = followConsole(cluster, { namespace, file });
    consoles.set(resident, { follower, log: new ConsoleLog(file) });
    listeners.push((pod, gone) => {
      if (pod.metadata?.labels?.[K8S_LABEL.resident] === resident) follower.see(pod, gone);
    });
    for (const pod of watch.pods(resident)) follower.see(pod, false);
  }
  watch.onPod((pod, gone) => listeners.forEach((listen) => listen(pod, gone)));

  const ask = async (id: string, action: 'read' | 'list', path: string): Promise<Buffer | undefined> => {
    const inside = insideBase(id, path);
    const pod = watch.pods(id).find(isMainRunning)?.metadata?.name;
    // Nothing is put into the cluster to read the files of what does not run.
    if (pod === undefined) return undefined;
    const command = filesCommand(action, inside === '' ? '.' : inside);
    const request = { namespace, pod, container: MAIN_CONTAINER, command };
    return contentOf(await asking(() => execInPod(cluster, request)), `${path} of ${id}`);
  };
  return {
    logs: async (_space, id, offset = 0) => (await consoles.get(id)?.log.read(offset)) ?? '',
    // What it prints is in the evidence already.
    readFile: async (_space, id, path) => (path === CONSOLE_LOG ? undefined : await ask(id, 'read', path)),
    listFiles: async (_space, id, folder) => {
      const names = (await ask(id, 'list', folder))?.toString('utf8') ?? '';
      return names.split('\n').filter((name) => name !== '');
    },
    stop: async () => {
      await Promise.all([...consoles.values()].map(async ({ follower }) => await follower.stop()));
    },
  };
}
