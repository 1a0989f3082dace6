import { load, dump } from 'js-yaml';
import type { KubernetesObject } from '@kubernetes/client-node';
import { clientNode, asking, codeOf, type Cluster } from '../providers/kubernetes/cluster.ts';
import { NAMESPACE_FOLDER, type ByHandConfig } from './compose.ts';
import { K8S_LABEL } from '../providers/kubernetes/manifests/names.ts';
import { digest } from '../support/once.ts';

export const CONFIG_FORMATS = ['yaml', 'helm', 'kustomize'] as const;
export type ConfigFormat = (typeof CONFIG_FORMATS)[number];

/** The configuration as files that kubectl, helm or kustomize take. */
export async function renderConfig(config: ByHandConfig, format: ConfigFormat): Promise<RenderedFiles> {
  const files = await plainFiles(config);
  if (format === 'helm') return chartFiles(config, files);
  const texts = new Map(files.map(({ path, object }) => [path, yamlText(object)]));
  if (format === 'kustomize') return texts.set('kustomization.yaml', kustomization(files));
  // `kubectl apply -R` goes through folders by name, and nothing can be made before its namespace.
  const first = files.find(({ object }) => object.kind === 'Namespace');
  return first ? texts.set('00-namespace.yaml', yamlText(first.object)) : texts;
}

async function plainFiles({ folders }: ByHandConfig): Promise<readonly PlainFile[]> {
  const { dumpYaml } = await clientNode();
  const plain = (object: KubernetesObject): PlainObject => load(dumpYaml(object)) as PlainObject;
  return folders.flatMap(({ name, objects }) =>
    objects.map((each, at) => {
      const object = plain(each);
      return { path: `${name}/${fileName(at, object)}`, object };
    }),
  );
}

function fileName(at: number, { kind, metadata }: PlainObject): string {
  return `${String(at + 1).padStart(2, '0')}-${kind.toLowerCase()}-${metadata.name}.yaml`;
}

function kustomization(files: readonly PlainFile[]): string {
  const isFirst = ({ path }: PlainFile): boolean => path.startsWith(`${NAMESPACE_FOLDER}/`);
  const inOrder = [...files.filter(isFirst), ...files.filter((file) => !isFirst(file))];
  return yamlText({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: inOrder.map(({ path }) => path),
  });
}

/** Stand in objects where the chart's values belong, until their YAML is written. */
const STAND_INS = {
  namespace: 'compat-value-of-namespace',
  storageClass: 'compat-value-of-storage-class',
  replicas: 'compat-value-of-replicas',
} as const;

/** A chart of the same objects, whose values are what differs from cluster to cluster. */
function chartFiles(config: ByHandConfig, files: readonly PlainFile[]): RenderedFiles {
  return new Map([
    ['Chart.yaml', yamlText(chartOf(config, files))],
    ['values.yaml', valuesText(config, files)],
    ...files.map(({ path, object }): [string, string] => [`templates/${path}`, templateText(object)]),
  ]);
}

function chartOf({ cell }: ByHandConfig, files: readonly PlainFile[]): object {
  const version = digest(files).slice(0, 12);
  return {
    apiVersion: 'v2',
    name: 'corda-compat',
    description: `A Corda network of ${cell}, written by corda-compat`,
    type: 'application',
    version: `0.1.0+${version}`,
    appVersion: cell,
  };
}

function valuesText({ namespace }: ByHandConfig, files: readonly PlainFile[]): string {
  const claim = files.find(({ object }) => object.kind === 'PersistentVolumeClaim')?.object;
  const workload = files.find(({ object }) => isWorkload(object))?.object;
  const { storageClassName = '' } = (claim?.['spec'] ?? {}) as { storageClassName?: string };
  const { replicas = 1 } = (workload?.['spec'] ?? {}) as { replicas?: number };
  const lines = [
    ['# Made by the chart; everything is in it.', { namespace }],
    ['# Empty: the default of the cluster.', { storageClass: storageClassName }],
    ['# Of every workload: 1 or 0, since two Pods of one node would share its files.', { replicas }],
  ] as const;
  return lines.map(([comment, value]) => `${comment}\n${yamlText(value)}`).join('');
}

/** Braces of ours are said literally; then values take the places of their stand-ins. */
function templateText(object: PlainObject): string {
  return yamlText(withStandIns(object))
    .replaceAll('{{', '{{ "{{" }}')
    .replaceAll(
      new RegExp(`^( *)storageClassName: ${STAND_INS.storageClass}$`, 'gm'),
      '$1{{- with .Values.storageClass }}\n$1storageClassName: {{ . | quote }}\n$1{{- end }}',
    )
    .replaceAll(new RegExp(`: ${STAND_INS.namespace}$`, 'gm'), ': {{ .Values.namespace | quote }}')
    .replaceAll(new RegExp(`: ${STAND_INS.replicas}$`, 'gm'), ': {{ .Values.replicas }}');
}

function withStandIns(object: PlainObject): unknown {
  const named =
    object.kind === 'Namespace' ? { ...object, metadata: { ...object.metadata, name: STAND_INS.namespace } } : object;
  const placed = replaced(named) as PlainObject;
  const spec = (placed['spec'] ?? {}) as Record<string, unknown>;
  if (isWorkload(object)) return { ...placed, spec: { ...spec, replicas: STAND_INS.replicas } };
  if (object.kind === 'PersistentVolumeClaim') {
    return { ...placed, spec: { ...spec, storageClassName: STAND_INS.storageClass } };
  }
  return placed;
}

/** The namespace is in metadata and in the label of the space, and nowhere else. */
function replaced(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaced);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const isNamespace = (key === 'namespace' || key === K8S_LABEL.space) && typeof inner === 'string';
    return [key, isNamespace ? STAND_INS.namespace : replaced(inner)];
  });
  return Object.fromEntries(entries);
}

function isWorkload({ kind }: PlainObject): boolean {
  return kind === 'StatefulSet' || kind === 'Deployment';
}

/** An object as the API server reads it: the library's own types have other names for some keys. */
export interface PlainObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

interface PlainFile {
  /** With slashes, below the folder of the configuration. */
  readonly path: string;
  readonly object: PlainObject;
}

/** Texts by their path below the folder of the configuration. */
export type RenderedFiles = ReadonlyMap<string, string>;

/** As YAML, lines as they are. */
function yamlText(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}

/** A kind of object that a namespace can hold. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The same objects under another name, and what comes and goes by itself. */
const PASSED_OVER = /^(Event|Endpoints|EndpointSlice|Lease|ControllerRevision|PodMetrics|ReplicationController)$/;

/** All kinds that can be listed and deleted in namespaces of this cluster, its extensions' included. */
export async function namespacedKinds({ core, config, client }: Cluster): Promise<readonly Kind[]> {
  const groups = await asking(() => config.makeApiClient(client.ApisApi).getAPIVersions());
  const custom = config.makeApiClient(client.CustomObjectsApi);
  const versions = groups.groups.flatMap(({ name, preferredVersion }) => {
    return preferredVersion ? [{ group: name, version: preferredVersion.version }] : [];
  });
  const lists = await Promise.all([
    asking(() => core.getAPIResources()).then(({ resources }) => ({ apiVersion: 'v1', resources })),
    ...versions.map(async ({ group, version }) => {
      const list = await asking(() => custom.getAPIResources({ group, version })).catch((error: unknown) => {
        // The server of an extension that is down says nothing of what it has.
        if (codeOf(error) !== undefined) return { resources: [] };
        throw error;
      });
      return { apiVersion: `${group}/${version}`, resources: list.resources };
    }),
  ]);
  return lists.flatMap(({ apiVersion, resources }) =>
    resources
      .filter(({ namespaced, name }) => namespaced && !name.includes('/'))
      .filter(({ kind, verbs }) => verbs.includes('list') && verbs.includes('delete') && !PASSED_OVER.test(kind))
      .map(({ kind }) => ({ apiVersion, kind })),
  );
}

/** An object with the kind that lists do not repeat. */
export type Found = KubernetesObject & Kind;

/** All objects of a namespace; what this user may not see is not there. */
export async function objectsIn(
  { objects }: Cluster,
  namespace: string,
  kinds: readonly Kind[],
): Promise<readonly Found[]> {
  const lists = await Promise.all(
    kinds.map(async ({ apiVersion, kind }) => {
      try {
        const { items } = await asking(() => objects.list(apiVersion, kind, namespace));
        return items.map((item): Found => ({ ...item, apiVersion, kind }));
      } catch (error) {
        if ([403, 404, 405].includes(codeOf(error) ?? 0)) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.name}`;
}
