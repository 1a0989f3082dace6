import { load } from 'js-yaml';
import type { KubernetesObject } from '@kubernetes/client-node';
import { clientNode } from '../../providers/kubernetes/cluster-address.ts';
import { NAMESPACE_FOLDER, type ByHandConfig } from './compose.ts';
import { chartFiles } from './helm.ts';
import { yamlText, type PlainFile, type PlainObject, type RenderedFiles } from './plain.ts';

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
