import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { V1Pod } from '@kubernetes/client-node';
import { MAIN_CONTAINER } from './manifests/pod.ts';
import { codeOf, type Cluster } from './cluster.ts';
import { mainStatus } from './trouble.ts';

const PAUSE_MS = 250;

/** Output of a process's containers, one after the other, on its way into a file. */
export interface ConsoleFollower {
  /** Shows it a Pod, new or changed. @param gone the Pod is gone: it was like this at last */
  see(pod: V1Pod, gone: boolean): void;
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
export function followConsole(cluster: Cluster, namespace: string, file: string): ConsoleFollower {
  const known = new Map<string, Source>();
  /** Containers that have ended, and those that a later one has followed in the same Pod. */
  const ended = new Set<string>();
  const superseded = new Set<string>();
  const stopping = new AbortController();
  const out = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk is told by what finds the file cut off; it must not end the run.
  out.on('error', () => undefined);
  let reading: Promise<void> = Promise.resolve();

  /** @returns whether it was read to its end */
  const readOnce = async ({ pod, container, lines }: Source, follow: boolean): Promise<boolean> => {
    try {
      const sinceTime = lines.begin();
      const previous = superseded.has(container);
      const request = { namespace, pod, container: MAIN_CONTAINER, follow, previous, sinceTime };
      for await (const chunk of await requestLog(cluster, request, stopping.signal)) {
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
  };

  const follow = async (source: Source): Promise<void> => {
    while (!stopping.signal.aborted) {
      // Looked at before reading: what it said until then is in what is read now.
      const last = ended.has(source.container);
      const whole = await readOnce(source, !last);
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
    quiet: () => reading,
    async stop() {
      stopping.abort();
      await reading;
      await closed(out);
    },
  };
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

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly follow: boolean;
  /** The log of the container before this one in the same Pod. */
  readonly previous: boolean;
  /** Whole seconds count. */
  readonly sinceTime?: string | undefined;
  readonly tailLines?: number;
}

/**
 * Asks for a container's log, each line with its time. The library's own class does not tell when a connection breaks.
 * @throws Error with `code` for an answer that is none
 */
export async function requestLog(
  { config }: Pick<Cluster, 'config'>,
  { namespace, pod, container, follow, previous, sinceTime, tailLines }: LogRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const server = config.getCurrentCluster()?.server ?? '';
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const url = new URL(server.replace(/\/$/, '') + path);
  const query = { container, follow, previous, timestamps: true, sinceTime, tailLines };
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const options: RequestOptions = { signal };
  await config.applyToHTTPSOptions(options);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end();
  });
  if (answer.statusCode === 200) return answer;
  const body = (await buffer(answer)).toString('utf8');
  throw Object.assign(new Error(`the log of ${pod} is refused: ${body}`), { code: answer.statusCode, body });
}

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * Lines of a log, each of which begins with its time. A log that is asked for again from a second on repeats what was read
 * already: such lines are left out, by their time and by how many of that same time there were.
 */
export class TimedLines {
  /** Time of the last line that was given on. */
  #last = '';
  /** Lines of that time that were given on. */
  #count = 0;
  /** Lines of that time that the present reading has repeated. */
  #repeated = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** A reading begins. @returns the time to ask from, in whole seconds; `undefined` for all */
  begin(): string | undefined {
    this.#repeated = 0;
    this.#rest = Buffer.alloc(0);
    return this.#last === '' ? undefined : this.#last.replace(/\.\d+/, '');
  }

  /** @returns what is new, without the times */
  take(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const fresh: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      fresh.push(this.#freshPart(bytes.subarray(start, end + 1)));
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    return Buffer.concat(fresh);
  }

  /** The reading came to its end: a last line may lack its own. */
  end(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length > 0 ? this.#freshPart(rest) : rest;
  }

  #freshPart(line: Buffer): Buffer {
    const space = line.indexOf(SPACE);
    const time = line.toString('latin1', 0, Math.max(space, 0));
    // The cluster's own words in place of a log that it does not have any more.
    if (!/^\d{4}-/.test(time)) return Buffer.alloc(0);
    const order = this.#last === '' ? 1 : compareTimes(time, this.#last);
    if (order < 0) return Buffer.alloc(0);
    if (order === 0) {
      this.#repeated += 1;
      if (this.#repeated <= this.#count) return Buffer.alloc(0);
      this.#count += 1;
    } else {
      this.#last = time;
      this.#count = 1;
      this.#repeated = 1;
    }
    return line.subarray(space + 1);
  }
}

/** `2026-11-23T10:00:00.12Z`: zeros at the end of fractions are not written. */
function compareTimes(a: string, b: string): number {
  const padded = (time: string): string => {
    const [whole = '', fraction = ''] = time.replace(/(Z|[+-]\d\d:\d\d)$/, '').split('.');
    return `${whole}.${fraction.padEnd(9, '0')}`;
  };
  const [one, two] = [padded(a), padded(b)];
  return one < two ? -1 : one > two ? 1 : 0;
}
