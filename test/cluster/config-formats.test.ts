import { execa } from 'execa';
import { loadAll } from 'js-yaml';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { WorkloadKind } from '../../src/harness/config/cell.ts';
import {
  attachManifest,
  claimManifest,
  serviceManifest,
  workloadManifest,
} from '../../src/harness/providers/kubernetes/manifests/workload.ts';
import { fileObjects } from '../../src/harness/providers/kubernetes/manifests/files.ts';
import { BY_HAND, K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import {
  namespaceManifest,
  spaceLabels,
  spaceManifests,
} from '../../src/harness/providers/kubernetes/manifests/namespace.ts';
import type { ProcessSpec } from '../../src/harness/providers/kubernetes/manifests/pod.ts';
import type { ByHandConfig } from '../../src/harness/byhand/compose.ts';
import { type PlainObject, renderConfig, type ConfigFormat } from '../../src/harness/byhand/render.ts';
import { clusterEnv } from '../rig/cluster-tests.ts';

/** Of what templates and YAML take for something else. */
const TRICKY = '{{ .Values.namespace }}\n}}: "quoted" {{- end }}\n# no\ton 0x1F 2026-11-25\n';
const NAMESPACE = '007';

interface Shape {
  readonly kind: WorkloadKind;
  readonly storageClass?: string;
}

function tinyConfig({ kind, storageClass }: Shape): ByHandConfig {
  const facts = { namespace: NAMESPACE, cell: '4.8+4.10', created: '2026-11-25T10:00:00.000Z', owner: BY_HAND };
  const place = { namespace: NAMESPACE, labels: spaceLabels(facts) };
  const content = Buffer.from(TRICKY);
  const files = fileObjects(
    [
      { path: 'a.xml', content, mode: 0o644, isPublic: true },
      { path: 'key.jks', content: Buffer.from([0, 255, 1]), mode: 0o600, isPublic: false },
    ],
    { name: 'party-a', ...place },
  );
  const spec: ProcessSpec = {
    id: 'party-a',
    image: { reference: 'registry:5000/node@sha256:ab' },
    command: ['java', '-Dx={{y}}'],
    ports: [{ name: 'rpcAdmin', port: 1 }],
    limits: { memoryMb: 100, cpus: 1 },
    memoryMb: 50,
    files,
    cordappImages: [],
    claim: 'party-a',
    pullSecret: true,
    probe: 'listens',
    graceSeconds: 1,
  };
  const claim = claimManifest({ id: 'party-a', ...(storageClass === undefined ? {} : { storageClass }) }, place);
  const workload = workloadManifest(spec, { name: '4-8', kind, replicas: 0 }, place);
  const login = { host: 'registry:5000', username: 'u', password: '{{p}}' };
  const ofNamespace = spaceManifests(facts, { login, size: { processes: 1, memoryMb: 100 } });
  const attach = { cell: facts.cell, nodes: [], drivers: [], workloads: [], releases: [] };
  return {
    cell: facts.cell,
    namespace: NAMESPACE,
    space: NAMESPACE,
    attach,
    folders: [
      { name: 'namespace', objects: [namespaceManifest(facts), ...ofNamespace, attachManifest(TRICKY, place)] },
      { name: '4-8', objects: [serviceManifest(spec, place), ...files.objects, claim, workload] },
    ],
  };
}

async function written(config: ByHandConfig, format: ConfigFormat): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `compat-config-${format}-`));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, text] of await renderConfig(config, format)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** In one order, each once. */
function sorted(objects: readonly PlainObject[]): readonly PlainObject[] {
  const keyOf = ({ kind, metadata }: PlainObject): string => `${kind} ${metadata.name}`;
  const byKey = new Map(objects.map((object) => [keyOf(object), object]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}

function parsed(text: string): readonly PlainObject[] {
  return sorted(loadAll(text).filter((document) => document !== null && document !== undefined) as PlainObject[]);
}

async function plainOf(config: ByHandConfig): Promise<readonly PlainObject[]> {
  const folder = await written(config, 'yaml');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return sorted(texts.flatMap((text) => loadAll(text) as PlainObject[]));
}

const SHAPES: readonly Shape[] = [{ kind: 'statefulset' }, { kind: 'deployment', storageClass: 'fast' }];

test('plain files: the namespace comes first, keys are as the API server has them, nothing of a run is on them', async () => {
  const config = tinyConfig({ kind: 'statefulset' });
  const folder = await written(config, 'yaml');
  expect((await readdir(folder)).sort()).toEqual(['00-namespace.yaml', '4-8', 'namespace']);
  const objects = await plainOf(config);
  const policy = objects.find(({ kind }) => kind === 'NetworkPolicy');
  expect(policy?.['spec']).toMatchObject({ ingress: [{ from: [{ podSelector: {} }] }] });
  const limits = objects.find(({ kind }) => kind === 'LimitRange');
  expect(limits?.['spec']).toMatchObject({ limits: [{ default: { memory: '256Mi' } }] });
  expect(JSON.stringify(objects)).not.toContain(K8S_LABEL.run);
  expect(objects.find(({ kind }) => kind === 'Namespace')?.metadata).toMatchObject({
    name: NAMESPACE,
    annotations: { 'corda-compat.owner': 'by-hand' },
  });
});

test.for(SHAPES)('kubectl kustomize builds the same objects: %j', async (shape) => {
  const config = tinyConfig(shape);
  const { stdout } = await execa(clusterEnv().RIG_KUBECTL, ['kustomize', await written(config, 'kustomize')]);
  expect(parsed(stdout)).toEqual(await plainOf(config));
});

test.for(SHAPES)(`helm template makes the same objects of the chart, helm lint accepts it: %j`, async (shape) => {
  const config = tinyConfig(shape);
  const chart = await written(config, 'helm');
  const helm = async (...args: readonly string[]) => (await execa(clusterEnv().RIG_HELM, [...args])).stdout;
  expect(await helm('lint', chart)).toContain('1 chart(s) linted, 0 chart(s) failed');
  expect(parsed(await helm('template', chart))).toEqual(await plainOf(config));
  const other = parsed(
    await helm('template', chart, '--set', 'replicas=1,storageClass=slow', '--set-string', 'namespace=team-b'),
  );
  expect(JSON.stringify(other)).not.toContain(JSON.stringify(NAMESPACE));
  expect(other.map(({ kind, metadata }) => metadata.namespace ?? `${kind} ${metadata.name}`)).toEqual(
    other.map(({ kind }) => (kind === 'Namespace' ? 'Namespace team-b' : 'team-b')),
  );
  expect(other.find(({ kind }) => kind === 'PersistentVolumeClaim')?.['spec']).toMatchObject({
    storageClassName: 'slow',
  });
  expect(other.find(({ metadata }) => metadata.name === '4-8')?.['spec']).toMatchObject({ replicas: 1 });
});
