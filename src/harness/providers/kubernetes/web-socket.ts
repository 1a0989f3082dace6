import { PassThrough } from 'node:stream';

/** What is used of the library's web sockets, whose package brings no types. */
export interface WebSocketLike {
  close(): void;
  on(event: 'close', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

/** Told nothing else, the library closes this process's own output when the server closes a stream. */
export function leavingOwnOutputAlone<T extends { readonly handler: object }>(user: T): T {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  Object.assign(user.handler, { streams: { stdin, stdout, stderr } });
  return user;
}
