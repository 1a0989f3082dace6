import type {
  V1Container,
  V1EnvFromSource,
  V1PodSpec,
  V1Probe,
  V1Secret,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import type { ContainerLimits } from '../../containers.ts';
import { IMAGE_CLASSES, IN_IMAGE, type ImageRef } from '../../../images/image.ts';
import { FILES_FOLDER, FILES_INDEX, type FileObjects } from './files.ts';
import { K8S_LABEL, type Labels } from './names.ts';
import { PULL_SECRET } from './namespace.ts';

/** The container that runs the node or service; its logs and its end are what is looked at. */
export const MAIN_CONTAINER = 'main';
/** Beside a program that ends by itself: keeps what it wrote readable. */
export const KEEPER_CONTAINER = 'keeper';

/** A node or service as a Pod runs it. */
export interface ProcessSpec {
  readonly id: string;
  readonly image: Pick<ImageRef, 'reference'>;
  readonly command: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly limits: ContainerLimits;
  /** Megabytes that it is sure to have. */
  readonly memoryMb: number;
  readonly files: FileObjects;
  /** Images whose CorDapps it wants. */
  readonly cordappImages: readonly Pick<ImageRef, 'reference'>[];
  /** Its keys become environment variables. */
  readonly envSecret?: V1Secret;
  /** Values of its configuration from the environment, for each run of its program. */
  readonly confSecret?: V1Secret;
  /** Before it starts it registers with the doorman that its configuration names; the variables are for that alone. */
  readonly registers?: boolean;
  /** Name of the claim of its base directory; without one it is empty whenever the Pod is made anew. */
  readonly claim?: string;
  readonly pullSecret: boolean;
  /** A node is asked what it listens on by a program of its image, since a connection that says nothing is a warning in its log. */
  readonly probe: 'listens' | { readonly port: number } | 'none';
  /** From SIGTERM to SIGKILL. */
  readonly graceSeconds: number;
}

const BASE = 'base';
const FILES = 'files';
const COPY_LIMITS: ContainerLimits = { memoryMb: 192, cpus: 1 };

/** Options of the small programs of images: they run for a moment. */
function smallJava(main: string, ...args: readonly string[]): string[] {
  const options = ['-Xmx32m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-Xshare:auto'];
  return [IN_IMAGE.java, ...options, '-classpath', IMAGE_CLASSES, `compat.image.${main}`, ...args];
}

/** Command that reads a node's files, for exec. */
export function filesCommand(action: 'read' | 'list', path: string): string[] {
  return smallJava('BaseFiles', action, IN_IMAGE.node, path);
}

export function podSpec(spec: ProcessSpec): V1PodSpec {
  return {
    ...commonPod(spec),
    terminationGracePeriodSeconds: spec.graceSeconds,
    initContainers: [
      ...spec.cordappImages.map(copyCordapps),
      layFiles(spec),
      ...(spec.registers ? [register(spec)] : []),
    ],
    containers: [mainContainer(spec)],
    volumes: volumesOf(spec),
    affinity: apartIfPossible(),
  };
}

/** A Pod whose program ends by itself; a second container waits beside it, so that its files can be read afterwards. */
export function oneShotPodSpec(spec: ProcessSpec): V1PodSpec {
  const { containers, ...rest } = podSpec({ ...spec, probe: 'none' });
  return { ...rest, restartPolicy: 'Never', containers: [...containers, keeper(spec)] };
}

/** A Pod that does nothing but hold a claim, so that files of a program that has ended can be read. */
export function readerPodSpec(spec: Pick<ProcessSpec, 'image' | 'claim' | 'pullSecret' | 'files'>): V1PodSpec {
  return {
    ...commonPod(spec),
    terminationGracePeriodSeconds: 1,
    restartPolicy: 'Never',
    containers: [keeper(spec)],
    volumes: volumesOf(spec),
  };
}

export function podLabels(labels: Labels, id: string): Record<string, string> {
  return { ...labels, [K8S_LABEL.process]: id };
}

function mainContainer(spec: ProcessSpec): V1Container {
  const { image, command, ports, limits, memoryMb } = spec;
  const envFrom = variables(spec.registers ? [spec.confSecret] : [spec.confSecret, spec.envSecret]);
  return {
    name: MAIN_CONTAINER,
    image: image.reference,
    command: [...command],
    workingDir: IN_IMAGE.node,
    env: [{ name: 'LANG', value: 'C.UTF-8' }],
    ...(envFrom.length > 0 ? { envFrom } : {}),
    ports: ports.map(({ name, port }) => ({ name: name.toLowerCase(), containerPort: port })),
    resources: resources(limits, memoryMb),
    securityContext: SECURITY,
    volumeMounts: mounts(),
    ...probes(spec),
  };
}

/** Each look at a node is a JVM of its own: seldom, and content with a busy machine. */
function probes({ probe }: ProcessSpec): Pick<V1Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  if (probe === 'none') return {};
  const look: V1Probe =
    probe === 'listens' ? { exec: { command: smallJava('Health') } } : { tcpSocket: { port: probe.port } };
  const [every, timeoutSeconds] = probe === 'listens' ? [10, 10] : [2, 5];
  return {
    startupProbe: { ...look, timeoutSeconds, initialDelaySeconds: every, periodSeconds: every, failureThreshold: 120 },
    readinessProbe: { ...look, timeoutSeconds, periodSeconds: 30, failureThreshold: 3 },
    livenessProbe: { ...look, timeoutSeconds: 3 * timeoutSeconds, periodSeconds: 60, failureThreshold: 5 },
  };
}

function copyCordapps(image: Pick<ImageRef, 'reference'>, number: number): V1Container {
  const command = smallJava('CopyCordapps', IN_IMAGE.cordapps, `${IN_IMAGE.node}/cordapps`);
  return initContainer(`cordapps-${number + 1}`, image, command, []);
}

function layFiles({ image }: ProcessSpec): V1Container {
  const mount = { name: FILES, mountPath: FILES_FOLDER, readOnly: true };
  return initContainer('files', image, smallJava('LayFiles', FILES_FOLDER, FILES_INDEX, IN_IMAGE.node), [mount]);
}

/** The node's own program does most of it, so it may take what the node may. */
function register(spec: ProcessSpec): V1Container {
  const { image, limits, memoryMb } = spec;
  const envFrom = variables([spec.confSecret, spec.envSecret]);
  return {
    ...initContainer('register', image, smallJava('Register'), []),
    env: [{ name: 'LANG', value: 'C.UTF-8' }],
    ...(envFrom.length > 0 ? { envFrom } : {}),
    resources: resources(limits, memoryMb),
  };
}

function variables(secrets: readonly (V1Secret | undefined)[]): V1EnvFromSource[] {
  return secrets.flatMap((secret) => (secret ? [{ secretRef: { name: secret.metadata?.name ?? '' } }] : []));
}

function initContainer(
  name: string,
  image: Pick<ImageRef, 'reference'>,
  command: string[],
  further: readonly V1VolumeMount[],
): V1Container {
  return {
    name,
    image: image.reference,
    command,
    workingDir: IN_IMAGE.node,
    resources: resources(COPY_LIMITS, 64),
    securityContext: SECURITY,
    volumeMounts: [...mounts(), ...further],
  };
}

function keeper({ image }: Pick<ProcessSpec, 'image'>): V1Container {
  return { ...initContainer(KEEPER_CONTAINER, image, smallJava('Idle'), []), resources: resources(COPY_LIMITS, 32) };
}

function mounts(): V1VolumeMount[] {
  return [
    { name: BASE, mountPath: IN_IMAGE.node },
    { name: TMP, mountPath: '/tmp' },
  ];
}

function volumesOf({ claim, files }: Pick<ProcessSpec, 'claim' | 'files'>): V1Volume[] {
  const sources = [
    ...files.configMaps.map((name) => ({ configMap: { name } })),
    ...files.secrets.map((name) => ({ secret: { name } })),
  ];
  return [
    claim === undefined ? { name: BASE, emptyDir: {} } : { name: BASE, persistentVolumeClaim: { claimName: claim } },
    { name: TMP, emptyDir: {} },
    ...(sources.length > 0 ? [{ name: FILES, projected: { sources } }] : []),
  ];
}

/** The volume for temporary files of all programs. */
export const TMP = 'tmp';

/** Security settings of all our containers. */
export const SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** The common part of all our Pods: they run as a user without rights. */
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
  return { requests: { cpu: '50m', memory: `${needMb}Mi` }, limits: { cpu: String(cpus), memory: `${memoryMb}Mi` } };
}

/** A cell must come up on one machine as well. */
export function apartIfPossible(): V1PodSpec['affinity'] & object {
  const term = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchExpressions: [{ key: K8S_LABEL.process, operator: 'Exists' }] },
  };
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: term }] },
  };
}
