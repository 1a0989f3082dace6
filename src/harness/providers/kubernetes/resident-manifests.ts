import type { KubernetesObject } from '@kubernetes/client-node';
import { containerLimits } from '../../domain/container-limits.ts';
import { fileObjects } from '../../manifests/files.ts';
import { workloadName } from '../../manifests/names.ts';
import type { SpaceSize } from '../../manifests/namespace.ts';
import type { ResidentSpec } from '../../manifests/pod.ts';
import { claimManifest, envManifest, serviceManifest, type Placed } from '../../manifests/workload.ts';
import { PORTS_INSIDE, SERVICE_PORT_INSIDE } from '../image-places.ts';
import type { Resident } from '../provider.ts';
import type { PodLaunch } from './pod-launch.ts';
import type { KubernetesSettings } from './settings.ts';
import { stagedFiles } from './staged-files.ts';

/** A node or service with the folder that its files are staged in. */
export interface StagedResident extends Resident {
  readonly isNode: boolean;
  readonly stage: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** What the manifests of a space have in common. */
export interface ManifestPlace extends Placed {
  readonly settings: Pick<KubernetesSettings, 'storageClass' | 'login'>;
}

const GRACE_SECONDS = 10;

export function stagedResident({ id, memoryMb }: Resident, stage: string, isNode: boolean): StagedResident {
  const ports = isNode
    ? Object.entries(PORTS_INSIDE).map(([name, port]) => ({ name, port }))
    : [{ name: 'http', port: SERVICE_PORT_INSIDE }];
  return { id, isNode, memoryMb, stage, ports };
}

/** What all residents of a space take together. */
export function spaceSize(residents: readonly Resident[]): SpaceSize {
  const memoryMb = residents.reduce((sum, resident) => sum + containerLimits(resident.memoryMb, [], 1).memoryMb, 0);
  return { residents: residents.length, memoryMb };
}

/** Reads what is staged. */
export async function residentSpec(
  resident: StagedResident,
  launch: PodLaunch,
  { settings, ...placed }: ManifestPlace,
): Promise<ResidentSpec> {
  const { id, stage, isNode, memoryMb, ports } = resident;
  const covered = new Set(launch.cordappImages.flatMap(({ jars }) => jars.map((jar) => `cordapps/${jar}`)));
  const { files, confEnv } = await stagedFiles(stage, covered);
  const secretOf = (env: Readonly<Record<string, string>>) =>
    Object.keys(env).length > 0 ? envManifest(id, env, placed) : undefined;
  const [envSecret, confSecret] = [secretOf(launch.env), secretOf(confEnv)];
  return {
    id,
    image: launch.image,
    command: launch.command,
    ports,
    limits: containerLimits(memoryMb, launch.jvmArgs, Infinity),
    memoryMb,
    files: fileObjects(files, { name: id, ...placed }),
    cordappImages: launch.cordappImages.map(({ image }) => image),
    pullSecret: settings.login !== undefined,
    probe: isNode ? 'listens' : { port: ports[0]?.port ?? 0 },
    graceSeconds: GRACE_SECONDS,
    ...(envSecret ? { envSecret } : {}),
    ...(confSecret ? { confSecret } : {}),
    ...(launch.keepsFiles ? { claim: id } : {}),
    ...(launch.registers ? { registers: true } : {}),
  };
}

/** All that a resident's Pod needs before it is there. */
export function residentManifests(
  spec: ResidentSpec,
  launch: Pick<PodLaunch, 'keepsFiles'>,
  { settings: { storageClass }, ...placed }: ManifestPlace,
): readonly KubernetesObject[] {
  const { id, files, envSecret, confSecret } = spec;
  return [
    serviceManifest(spec, placed),
    ...files.objects,
    ...[envSecret, confSecret].filter((secret) => secret !== undefined),
    ...(launch.keepsFiles
      ? [claimManifest({ id, ...(storageClass === undefined ? {} : { storageClass }) }, placed)]
      : []),
  ];
}

/** Of its StatefulSet or Deployment: after the release for nodes, after what they are for services. */
export function residentName(
  { id, isNode }: Pick<StagedResident, 'id' | 'isNode'>,
  { release, image }: Pick<PodLaunch, 'release' | 'image'>,
  taken: ReadonlySet<string>,
): string {
  return isNode ? workloadName({ release, id, notary: image.component === 'notary' }, taken) : id;
}
