import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly range?: string;
  readonly authorization?: string;
}

/** What the server does with a path, instead of answering with the file. */
export type Behaviour = (seen: SeenRequest, response: ServerResponse) => 'answered' | 'go on';

export interface WebServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly files: Map<string, Buffer>;
  readonly behaviours: Map<string, Behaviour>;
  readonly seen: SeenRequest[];
  /** Paths of the requests so far, that of one kind only where a suffix is given. */
  paths(suffix?: string): readonly string[];
}

/** A real HTTP server of files on loopback: knows ranges, notes what is asked, misbehaves where told to. */
export async function startWebServer(files: Readonly<Record<string, string | Buffer>> = {}): Promise<WebServer> {
  const store = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  const behaviours = new Map<string, Behaviour>();
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const note = noteOf(request);
    seen.push(note);
    if (behaviours.get(note.path)?.(note, response) !== 'answered') answer(store.get(note.path), note, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    files: store,
    behaviours,
    seen,
    paths: (suffix = '') => seen.map(({ path }) => path).filter((path) => path.endsWith(suffix)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends the beginning of a file under its full length, then breaks the connection. */
export function cutAfter(content: Buffer, bytes: number): Behaviour {
  return (_seen, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, bytes), () => response.destroy());
    return 'answered';
  };
}

/** Misbehaves the first `times` times only. */
export function firstTimes(times: number, behaviour: Behaviour): Behaviour {
  let left = times;
  return (seen, response) => {
    left -= 1;
    return left >= 0 ? behaviour(seen, response) : 'go on';
  };
}

function noteOf({ url = '/', headers }: IncomingMessage): SeenRequest {
  const { range, authorization } = headers;
  return { path: url, ...(range ? { range } : {}), ...(authorization ? { authorization } : {}) };
}

function answer(content: Buffer | undefined, { range }: SeenRequest, response: ServerResponse): void {
  if (!content) {
    response.writeHead(404).end();
    return;
  }
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (start === undefined) {
    response.writeHead(200, { 'content-length': content.length }).end(content);
    return;
  }
  const from = Number(start);
  if (from >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const to = end ? Number(end) : content.length - 1;
  const part = content.subarray(from, to + 1);
  const headers = { 'content-length': part.length, 'content-range': `bytes ${from}-${to}/${content.length}` };
  response.writeHead(206, headers).end(part);
}
