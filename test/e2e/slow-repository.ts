import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Maven repository on loopback that begins to answer and never ends. */
export interface SlowRepository {
  readonly url: string;
  /** Resolves when somebody has asked for a jar. */
  asked(): Promise<void>;
  close(): void;
}

export async function slowRepository(): Promise<SlowRepository> {
  let tell: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (tell = resolve));
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-length': 50_000_000 });
    response.write(Buffer.alloc(100_000));
    if (request.url?.endsWith('.jar')) tell();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven2`,
    asked: () => asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
