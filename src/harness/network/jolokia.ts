import type { NodeKit } from '../domain/release.ts';
import type { NodePlace } from '../providers/provider.ts';
import type { RpcUser } from './node-conf.ts';

/** What the agent reads when its JVM starts, below the node's base directory. */
export const JOLOKIA_FILE = 'compat-jolokia.properties';

/**
 * Where the agent listens and whom it answers. Not on the command line: that is for everybody to read.
 * Without `discoveryEnabled=false` it would answer whoever asks the local network for agents.
 */
export function jolokiaProperties({ listenOn, addresses }: NodePlace, { user, password }: RpcUser): string {
  const settings = {
    host: listenOn,
    port: addresses.jmx.port,
    user,
    password,
    discoveryEnabled: false,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The agent as a node loads it; none where the release brings none. */
export function jolokiaAgent({ jolokia }: NodeKit): readonly NodeKit['agent'][] {
  return jolokia === undefined ? [] : [{ jar: jolokia, options: `config=${JOLOKIA_FILE}` }];
}

/** By which the driver asks a node's JVM. */
export function jolokiaUrl({ addresses }: NodePlace): string {
  const { host, port } = addresses.jmx;
  return `http://${host}:${port}/jolokia/`;
}
