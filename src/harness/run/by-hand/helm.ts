import { K8S_LABEL } from '../../manifests/labels.ts';
import type { ByHandConfig } from './compose.ts';
import { yamlText, type PlainFile, type PlainObject, type RenderedFiles } from './plain.ts';
import { digest } from '../../support/once.ts';

/** Stand in objects where the chart's values belong, until their YAML is written. */
const STAND_INS = {
  namespace: 'compat-value-of-namespace',
  storageClass: 'compat-value-of-storage-class',
  replicas: 'compat-value-of-replicas',
} as const;

/** A chart of the same objects, whose values are what differs from cluster to cluster. */
export function chartFiles(config: ByHandConfig, files: readonly PlainFile[]): RenderedFiles {
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
