import { randomBytes } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeRole } from '../../domain/cell.ts';
import { DOORMAN_TOKEN } from '../../domain/jvm-tools.ts';
import type { Ledger } from '../../domain/ledger.ts';
import { createLocalProvider } from '../../providers/local/local-provider.ts';
import type { PodLaunch } from '../../providers/kubernetes/pod-launch.ts';
import type { ServiceLaunch, Space } from '../../providers/provider.ts';
import { DOORMAN, DOORMAN_STORAGE, DOORMAN_TRUST_STORE } from '../../zone/doorman.ts';
import {
  doormanLaunch,
  doormanResidents,
  minimumPlatformVersion,
  openDoorman,
  tellWhomToTrust,
  zoneUrl,
} from '../../provision/zone.ts';
import type { CellMakeup } from '../../provision/nodes.ts';
import type { Environment } from '../../domain/environment.ts';

const GRACE_MS = 5_000;

export interface DoormanByHand extends CellMakeup {
  /** Where nodes are staged; the doorman as well. */
  readonly space: Space;
  readonly runId: string;
  readonly ledger: Ledger;
  /** Below which the doorman's own space is for the moment. */
  readonly root: string;
  readonly env: Environment;
  readonly evidence: string;
  readonly signal: AbortSignal;
}

/** How a zone's doorman is started in the cluster, and what lets nodes register with it by themselves. */
export interface ZoneByHand {
  readonly launch: ServiceLaunch;
  registering(node: NodeRole, launch: PodLaunch): PodLaunch;
}

/**
 * Makes the zone's keys where nodes can be told of them before the doorman is in the cluster: it runs here for a moment, and its
 * storage goes along.
 */
export async function makeZoneByHand(input: DoormanByHand): Promise<ZoneByHand> {
  const { cell, parts, space } = input;
  const stage = space.services.get(DOORMAN)?.stage ?? '';
  await runHere(input, join(stage, DOORMAN_STORAGE));
  await tellWhomToTrust({ cell, space }, await readFile(join(stage, DOORMAN_TRUST_STORE)));
  const token = randomBytes(24).toString('hex');
  const url = zoneUrl(space) ?? '';
  const minimum = String(minimumPlatformVersion(cell, parts));
  return {
    launch: doormanLaunch({ parts, space }, token),
    registering: ({ notary }, launch) => ({
      ...launch,
      registers: true,
      env: notary
        ? {
            [DOORMAN_TOKEN]: token,
            COMPAT_DOORMAN: url,
            COMPAT_MINIMUM_PLATFORM_VERSION: minimum,
            COMPAT_NOTARY_VALIDATING: String(notary.validating),
          }
        : {},
    }),
  };
}

async function runHere(input: DoormanByHand, storage: string): Promise<void> {
  const { cell, ledger, runId, root, env, signal } = input;
  const provider = createLocalProvider({ root, env: { ...env } });
  const services = doormanResidents(cell);
  await provider.prepare({ nodes: [], services, signal });
  const space = await provider.createSpace({ runId, cell: DOORMAN, nodes: [], services, ledger, signal });
  try {
    await openDoorman({ ...input, provider, space });
    await provider.stopNode(space, DOORMAN, GRACE_MS);
    await cp(join(space.services.get(DOORMAN)?.stage ?? '', DOORMAN_STORAGE), storage, { recursive: true });
  } finally {
    await provider.destroySpace(space);
  }
}
