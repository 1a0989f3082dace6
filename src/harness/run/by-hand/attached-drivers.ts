import type { DriverAddress } from '../../domain/lease.ts';
import { OUTAGE_LIMIT_MS } from '../../domain/cell.ts';
import { isMainRunning } from '../../providers/kubernetes/container-state.ts';
import { findWay, openWay } from '../../providers/kubernetes/ways.ts';
import type { Attached } from './until-up.ts';

/** Undoes what was opened, last first. */
export type Opened = (() => Promise<unknown>)[];

export type Driver = Attached['document']['drivers'][number];

/** Opens a way to each driver of a network that is there. @returns its drivers with their addresses */
export async function openDrivers(
  { cluster, namespace, document, watch }: Pick<Attached, 'cluster' | 'namespace' | 'document' | 'watch'>,
  opened: Opened,
): Promise<readonly (readonly [Driver, DriverAddress])[]> {
  const way = await findWay(cluster, [namespace]);
  const all = document.drivers.map(async (driver) => {
    const { id, port, token } = driver;
    const pod = (): string | undefined => watch.pods(id).find(isMainRunning)?.metadata?.name;
    const forwarder = await openWay(cluster, way, { namespace, resident: id, port, speaksHttp: true, pod });
    opened.push(() => forwarder.close());
    const { host, port: local } = forwarder.endpoint;
    return [driver, { url: `http://${host}:${local}`, token, outageMs: OUTAGE_LIMIT_MS }] as const;
  });
  return await Promise.all(all);
}
