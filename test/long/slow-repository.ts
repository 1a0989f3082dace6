import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Maven repository on loopback that begins to send every jar and never ends. */
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
    if (request.url?.endsWith('.sha1')) {
      response.end('0'.repeat(40));
    } else if (request.url?.endsWith('.jar')) {
      response.writeHead(200, { 'content-length': 50_000_000 });
      response.write(Buffer.alloc(100_000));
      tell();
    } else {
      response.writeHead(404).end();
    }
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
