import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { MAIN_CONTAINER } from '../../manifests/pod.ts';
import { codeOf } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { mainStatus } from './container-state.ts';
import { requestLog } from './log-request.ts';
import { TimedLines } from './timed-lines.ts';

const PAUSE_MS = 250;

/** What a resident's containers print, one after the other, on its way into a file. */
export interface ConsoleFollower {
  /** Resolves when all that ended containers have said is in the file, and no other runs. */
  quiet(): Promise<void>;
  /** No more is read. */
  stop(): Promise<void>;
}

interface Source {
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly lines: TimedLines;
}

/** Follows the main container of each Pod that is shown to it; after a break it goes on where it was. */
export function followConsole(
  cluster: Cluster,
  { namespace, file }: { readonly namespace: string; readonly file: string },
): ConsoleFollower & { see(pod: V1Pod, gone: boolean): void } {
  const known = new Map<string, Source>();
  /** Containers that have ended, and those that a later one has followed in the same Pod. */
  const ended = new Set<string>();
  const superseded = new Set<string>();
  const stopping = new AbortController();
  const out = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk is told by what finds the file cut off; it must not end the run.
  out.on('error', () => undefined);
  let reading: Promise<void> = Promise.resolve();

  const follow = async (source: Source): Promise<void> => {
    while (!stopping.signal.aborted) {
      // Looked at before reading: what it said until then is in what is read now.
      const last = ended.has(source.container);
      const whole = await readOnce(cluster, source, {
        namespace,
        out,
        follow: !last,
        previous: superseded.has(source.container),
        signal: stopping.signal,
      });
      if (last && whole) return;
      if (!whole || !ended.has(source.container)) await sleep(PAUSE_MS);
    }
  };

  const add = (pod: V1Pod, container: string | undefined): void => {
    if (!container || known.has(container)) return;
    const { name = '', uid = '' } = pod.metadata ?? {};
    const source = { pod: name, uid, container, lines: new TimedLines() };
    known.set(container, source);
    reading = reading.then(() => follow(source));
  };

  return {
    see(pod, gone) {
      const { state, lastState, containerID } = mainStatus(pod) ?? {};
      const before = lastState?.terminated?.containerID;
      if (before) {
        ended.add(before);
        if (state?.terminated?.containerID !== before) superseded.add(before);
      }
      const now = state?.terminated?.containerID ?? (state?.running ? containerID : undefined);
      if (state?.terminated?.containerID) ended.add(state.terminated.containerID);
      add(pod, before);
      add(pod, now);
      if (gone) for (const { uid, container } of known.values()) if (uid === pod.metadata?.uid) ended.add(container);
    },
    async quiet() {
      await reading;
    },
    async stop() {
      stopping.abort();
      await reading;
      await closed(out);
    },
  };
}

interface ReadOnce {
  readonly namespace: string;
  readonly out: WriteStream;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly signal: AbortSignal;
}

/** @returns whether it was read to its end */
async function readOnce(
  cluster: Cluster,
  { pod, lines }: Source,
  { namespace, out, follow, previous, signal }: ReadOnce,
): Promise<boolean> {
  try {
    const sinceTime = lines.begin();
    const request = { namespace, pod, container: MAIN_CONTAINER, follow, previous };
    const answer = await requestLog(cluster, sinceTime === undefined ? request : { ...request, sinceTime }, signal);
    for await (const chunk of answer) {
      const text = lines.take(chunk as Buffer);
      if (text.length > 0 && !out.write(text)) await drained(out);
    }
    const rest = lines.end();
    if (rest.length > 0) out.write(rest);
    return true;
  } catch (error) {
    // The Pod went before its last words were asked for: they are lost.
    return codeOf(error) === 404;
  }
}

async function drained(out: WriteStream): Promise<void> {
  if (!out.destroyed) await Promise.race([once(out, 'drain'), once(out, 'close')]);
}

async function closed(out: WriteStream): Promise<void> {
  if (out.closed) return;
  const closing = once(out, 'close').catch(() => undefined);
  out.end();
  await closing;
}
