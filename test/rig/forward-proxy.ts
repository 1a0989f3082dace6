import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

export interface ForwardProxy extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `GET http://repo.invalid/maven2/…`, `CONNECT repo.invalid:443`. */
  readonly asked: readonly string[];
}

interface Behind {
  /** The server that stands for every host: no name is looked up. */
  readonly port: number;
  /** `user:password` that the proxy wants. */
  readonly user?: string;
}

/** A real forward proxy on loopback: hands on requests of plain HTTP, makes tunnels to port 443 alone. */
export async function startForwardProxy({ port, user }: Behind): Promise<ForwardProxy> {
  const asked: string[] = [];
  const wanted = user === undefined ? undefined : `Basic ${Buffer.from(user).toString('base64')}`;
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    asked.push(`${method} ${url}`);
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted) {
      response.writeHead(407).end();
      return;
    }
    const { pathname } = new URL(url);
    const range: Record<string, string> = headers.range === undefined ? {} : { range: headers.range };
    void fetch(`http://127.0.0.1:${port}${pathname}`, { headers: range }).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': 'application/octet-stream' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  server.on('connect', ({ url = '', headers }, socket) => {
    asked.push(`CONNECT ${url}`);
    socket.on('error', () => undefined);
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted) return socket.end('HTTP/1.1 407 No\r\n\r\n');
    if (!url.endsWith(':443')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    return target.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
