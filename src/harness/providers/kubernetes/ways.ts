import { blocked } from '../../domain/step-error.ts';
import { SERVICE_PORT_INSIDE } from '../image-places.ts';
import { askRights, type AnsweredRight } from './ask-rights.ts';
import { clusterError } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { openForwarder, type Forwarder } from './forwarder.ts';
import { WAYS, type Way } from './rights.ts';
import { openServiceRelay } from './service-relay.ts';

export const NO_WAY =
  'a run reaches drivers by port-forward or by the service proxy of the API server, and this user may use neither (get and ' +
  `create ${WAYS['port-forward']}, or get and create ${WAYS['service-proxy']})`;

/** The best way to drivers that is permitted, wherever cells live. A port-forward takes every protocol, and no network policy stops it. */
export function wayOf(answers: readonly AnsweredRight[]): Way | undefined {
  const isOpen = (way: Way): boolean => {
    const asked = answers.filter(({ right }) => right.resource === WAYS[way]);
    return asked.length > 0 && asked.every(({ missing }) => missing.length === 0);
  };
  return (Object.keys(WAYS) as Way[]).find(isOpen);
}

/** Asks for it. @throws StepError blocked where there is none */
export async function findWay(cluster: Cluster, given?: readonly string[]): Promise<Way> {
  const resources: readonly string[] = Object.values(WAYS);
  const answers = await askRights(cluster, { given, resources }).catch((error: unknown) => {
    throw clusterError('how drivers may be reached could not be asked', error);
  });
  const way = wayOf(answers);
  if (way === undefined) {
    throw blocked('space', `${NO_WAY}. npx corda-compat doctor --rights prints the roles that a run needs`);
  }
  return way;
}

/** What network policies must let through: a port-forward ends beside the Pod, the proxy comes from wherever the API server is. */
export function openPortsFor(way: Way): readonly number[] {
  return way === 'service-proxy' ? [SERVICE_PORT_INSIDE] : [];
}

export interface PortTarget {
  readonly namespace: string;
  /** Id of the node or service: the name of its Service. */
  readonly resident: string;
  readonly port: number;
  /** A proxy takes nothing else. */
  readonly speaksHttp: boolean;
  /** Name of its Pod that runs now; `undefined` while there is none. */
  readonly pod: () => string | undefined;
}

/** Opens a port of a node or service on this machine's loopback. @throws StepError blocked where the way does not lead there */
export async function openWay(cluster: Cluster, way: Way, target: PortTarget): Promise<Forwarder> {
  if (way === 'port-forward') return await openForwarder(cluster, target);
  const { namespace, resident, port, speaksHttp } = target;
  if (speaksHttp) return await openServiceRelay(cluster, { namespace, service: resident, port });
  throw blocked(
    'space',
    `port ${port} of ${resident} is not reached on this machine: that takes a port-forward, and this user may not get and create ` +
      `${WAYS['port-forward']}; by the service proxy of the API server only drivers and doormen are reached, which speak HTTP`,
  );
}
