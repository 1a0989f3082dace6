import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';

/** A way to an API server that can be cut. */
export interface OutageProxy {
  readonly kubeconfig: string;
  /** Cuts all connections and takes none for so long; what is begun meanwhile must end well. */
  outage(ms: number, meanwhile: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function outageProxy(config: KubeConfig, folder: string): Promise<OutageProxy> {
  const server = new URL(config.getCurrentCluster()?.server ?? '');
  const sockets = new Set<Socket>();
  const proxy = createServer((incoming) => {
    const outgoing = connect(Number(server.port), server.hostname);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  // At the API server's own address, which its certificate names.
  proxy.listen(0, server.hostname);
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const kubeconfig = join(folder, 'proxied');
  const text = config.exportConfig().replace(/"server":"[^"]*"/, `"server":"https://${server.hostname}:${port}"`);
  await writeFile(kubeconfig, text, { mode: 0o600 });
  const cut = async (): Promise<void> => {
    const closed = once(proxy, 'close');
    proxy.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    kubeconfig,
    async outage(ms, meanwhile) {
      await cut();
      const going = meanwhile();
      going.catch(() => undefined);
      await sleep(ms);
      proxy.listen(port, server.hostname);
      await once(proxy, 'listening');
      await going;
    },
    close: cut,
  };
}
