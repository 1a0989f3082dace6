import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import type { EngineAddress } from '../cleanup/ledger.ts';

/**
 * A client of an engine. The library is loaded when it is wanted and from where this program is installed: the reaper is one
 * file in another folder, and most runs of it never ask an engine.
 */
export function engineAt({ url, certPath }: EngineAddress): Dockerode {
  const load = createRequire(import.meta.url);
  const Client = load('dockerode') as typeof Dockerode;
  const { protocol, pathname, hostname, port } = new URL(url);
  if (protocol === 'unix:' || protocol === 'npipe:') return new Client({ socketPath: decodeURIComponent(pathname) });
  if (certPath === undefined) return new Client({ protocol: 'http', host: hostname, port });
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(certPath, name), 'utf8'));
  return new Client({ protocol: 'https', host: hostname, port, ca, cert, key });
}

interface Modem {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number | string;
}

/** Where a client that works finds its engine, so that another process can. @param env read for `DOCKER_CERT_PATH` */
export function addressOf(client: Dockerode, env: NodeJS.ProcessEnv): EngineAddress {
  const { socketPath, host, port } = client.modem as Modem;
  if (socketPath !== undefined) return { url: `unix://${encodeURI(socketPath)}` };
  const certPath = env['DOCKER_TLS_VERIFY'] ? env['DOCKER_CERT_PATH'] : undefined;
  return { url: `tcp://${host}:${port}`, ...(certPath ? { certPath } : {}) };
}
