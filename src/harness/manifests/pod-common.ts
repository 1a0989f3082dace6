import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import type { ContainerLimits } from '../domain/container-limits.ts';
import { IN_IMAGE } from '../domain/image.ts';
import { K8S_LABEL } from './labels.ts';
import { PULL_SECRET } from './namespace.ts';

/** Of the volume for what any program writes anywhere. */
export const TMP = 'tmp';

/** What every container of ours is held to. */
export const SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** What every Pod of ours has, whatever it runs: none of it may be anybody but a user without rights. */
export function commonPod({ pullSecret }: { readonly pullSecret: boolean }): Omit<V1PodSpec, 'containers'> {
  const uid = IN_IMAGE.uid;
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(pullSecret ? { imagePullSecrets: [{ name: PULL_SECRET }] } : {}),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      fsGroup: uid,
      // Volumes are this Pod's own: nothing has to be gone through at every start.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

/** Fewer processors than it may take are asked for: nodes do most of their work while they start, and not all at once. */
export function resources({ memoryMb, cpus }: ContainerLimits, needMb: number): V1Container['resources'] & object {
  return {
    requests: { cpu: '50m', memory: `${needMb}Mi` },
    limits: { cpu: String(cpus), memory: `${memoryMb}Mi` },
  };
}

/** A cell must come up on one machine as well. */
export function apartIfPossible(): V1PodSpec['affinity'] & object {
  const term = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchExpressions: [{ key: K8S_LABEL.resident, operator: 'Exists' }] },
  };
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term }] },
  };
}
