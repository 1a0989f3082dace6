import { AGENT_FILE } from '../domain/jvm-tools.ts';
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

/**
 * JVM options of a node that is asked about its JVM, relative to its base directory; none where the release has no Jolokia.
 * Among the JVM options, because it must come before Quasar's agent: started beside it, both may wait for each other for ever.
 */
export function jolokiaOptions({ jolokia }: NodeKit): readonly string[] {
  return jolokia === undefined ? [] : [`-javaagent:${AGENT_FILE}=config=${JOLOKIA_FILE}`];
}

/** By which the driver asks a node's JVM. */
export function jolokiaUrl({ addresses }: NodePlace): string {
  const { host, port } = addresses.jmx;
  return `http://${host}:${port}/jolokia/`;
}
