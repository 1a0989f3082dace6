import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** A port of the loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await close(server);
  return port;
}

/**
 * Ports for what is stopped and started again: below those that the kernel gives to whoever asks for any, so that nobody has
 * taken them in between, and apart from those of the harness's own nodes. Nobody listens on them now, at any address.
 */
export async function lastingPorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers: Server[] = [];
  for (let port = 12_000 + Math.floor(Math.random() * 7_000); servers.length < names.length; port += 1) {
    if (port > 19_999) throw new Error('no free ports among the last of 12000-19999');
    const server = createServer().listen(port);
    const listens = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    if (listens) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<Name, number>;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
