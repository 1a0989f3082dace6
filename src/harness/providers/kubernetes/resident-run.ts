import type { V1Pod } from '@kubernetes/client-node';
import { K8S_LABEL } from '../../manifests/labels.ts';
import { withLimit } from '../../support/with-limit.ts';
import type { NodeExit } from '../provider.ts';
import type { Cluster } from './cluster.ts';
import { followConsole } from './console.ts';
import { exitOf, mainEnd, selfEnd } from './container-state.ts';
import type { PodWatch } from './pod-watch.ts';

/** From the end of a program to the end of its output. */
const OUTPUT_LIMIT_MS = 10_000;

export interface RunOptions {
  readonly resident: string;
  readonly namespace: string;
  readonly consoleFile: string;
  /** What its container may take, for words about its end. */
  readonly limitMb: number;
  /** Whether its files outlive its Pod. */
  readonly keepsFiles: boolean;
  /** Pods of earlier runs, which may still be going. */
  readonly former: ReadonlySet<string>;
}

/** A resident's program from its start until it ended by itself or was stopped; a Pod that was taken away and came back is one run. */
export interface ResidentRun {
  /** Resolves when it has ended and all that it printed is in its file. Never rejects. */
  readonly exited: Promise<NodeExit>;
  /** Set as soon as it has ended. */
  exit?: NodeExit;
  /** The Pod that was seen last. */
  pod?: V1Pod;
  /** A Pod of it was taken away while it ran, in words. */
  lost?: string;
  /** From now on the end of its Pod is its end. */
  stopping(): void;
  /** Its Pods are gone for good. */
  close(): Promise<void>;
}

/** Looks at what a resident's Pods do. */
export function watchRun(cluster: Cluster, watch: PodWatch, options: RunOptions): ResidentRun {
  const { resident, namespace, consoleFile, limitMb, keepsFiles, former } = options;
  const console = followConsole(cluster, { namespace, file: consoleFile });
  let stopping = false;
  let ending: Promise<void> | undefined;
  let resolve: (exit: NodeExit) => void = () => undefined;
  const exited = new Promise<NodeExit>((done) => (resolve = done));
  const run: ResidentRun = {
    exited,
    stopping: () => void (stopping = true),
    close: async () => {
      end({ code: null, signal: null, why: 'its Pod was taken away' });
      await ending;
    },
  };

  const end = (exit: NodeExit): void => {
    ending ??= (async () => {
      await withLimit(console.quiet(), { name: `output of ${resident}`, limit: OUTPUT_LIMIT_MS }).catch(
        () => undefined,
      );
      await console.stop();
      run.exit = exit;
      resolve(exit);
    })();
  };

  watch.onPod((pod, gone) => {
    if (pod.metadata?.labels?.[K8S_LABEL.resident] !== resident || former.has(pod.metadata.uid ?? '')) return;
    if (ending) return;
    run.pod = pod;
    console.see(pod, gone);
    const { name, deletionTimestamp } = pod.metadata;
    if (!stopping && (gone || deletionTimestamp)) {
      const back = keepsFiles ? 'it comes back with its volume' : 'what comes back knows nothing of before';
      run.lost ??= `its Pod ${name} was deleted, or evicted, by somebody else; ${back}`;
    }
    const own = selfEnd(pod) ?? (stopping ? mainEnd(pod) : undefined);
    if (own) end(exitOf(own, limitMb));
    else if (gone && stopping) end({ code: null, signal: null, why: 'its Pod went without telling how' });
  });
  return run;
}
