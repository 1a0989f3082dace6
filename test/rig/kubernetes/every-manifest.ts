import type { KubernetesObject } from '@kubernetes/client-node';
import { dumpYaml } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import * as database from '../../../src/harness/providers/kubernetes/manifests/database.ts';
import * as files from '../../../src/harness/providers/kubernetes/manifests/files.ts';
import * as lifeline from '../../../src/harness/providers/kubernetes/manifests/lifeline.ts';
import * as namespace from '../../../src/harness/providers/kubernetes/manifests/namespace.ts';
import type { ProcessSpec } from '../../../src/harness/providers/kubernetes/manifests/pod.ts';
import * as workload from '../../../src/harness/providers/kubernetes/manifests/workload.ts';
import { clusterRoles, namespacedRoles } from '../../../src/harness/providers/kubernetes/rights.ts';

/** Functions that make manifests, by the modules that have them. */
export const MAKERS = [database, files, lifeline, namespace, workload].flatMap((module) =>
  Object.entries(module)
    .filter(([name, value]) => typeof value === 'function' && /Manifests?$|Pod$|Objects$/.test(name))
    .map(([name]) => name),
);

/** By the function that made them: one of each kind that the harness can make, with all that may be in it. */
export function everyManifest(name: string): Readonly<Record<string, readonly KubernetesObject[]>> {
  const facts: namespace.SpaceFacts = {
    namespace: name,
    runId: '20261123-154512-ab12cd',
    cell: '4.8+4.10',
    created: '2026-11-23T15:45:12.000Z',
    owner: '{}',
    keptUntil: '2026-11-23T15:55:12.000Z',
  };
  const placed = { namespace: name, labels: namespace.spaceLabels(facts) };
  const image = { reference: `registry.example:5000/corda-compat-node@sha256:${'0'.repeat(64)}` };
  const login = { host: 'registry.example:5000', username: 'me', password: 'secret' };
  const fileObjects = files.fileObjects(
    [
      { path: 'node.conf', content: Buffer.from('devMode = true\n'), mode: 0o600, isPublic: true },
      { path: 'certificates/nodekeystore.jks', content: Buffer.from([0, 255, 1]), mode: 0o600, isPublic: false },
      { path: 'network-parameters', content: Buffer.from([0, 255, 2]), mode: 0o600, isPublic: true },
    ],
    { name: 'party-a', ...placed },
  );
  const spec: ProcessSpec = {
    id: 'party-a',
    image,
    command: ['java', '-jar', 'corda.jar'],
    ports: [{ name: 'p2p', port: 10200 }],
    limits: { memoryMb: 1518, cpus: 4 },
    memoryMb: 750,
    files: fileObjects,
    cordappImages: [image],
    envSecret: workload.envManifest('party-a', { TOKEN: 'x' }, placed),
    confSecret: workload.envManifest('party-a', { NODE_CONF_RPCUSERS_0_PASSWORD: 'x' }, placed),
    claim: 'party-a',
    pullSecret: true,
    probe: 'listens',
    graceSeconds: 10,
  };
  const service: ProcessSpec = { ...spec, id: 'driver', probe: { port: 8080 } };
  const server: database.DatabaseSpec = {
    id: 'postgres',
    image: 'postgres:15',
    command: ['sh', '-c', 'exec postgres'],
    port: 5432,
    folder: '/var/lib/postgresql/data',
    envSecret: 'postgres-env',
    users: 'postgres-users',
    limits: { memoryMb: 512, cpus: 2 },
    pullSecret: true,
  };
  const size = { processes: 4, memoryMb: 4096 };
  return {
    namespaceManifest: [namespace.namespaceManifest(facts)],
    spaceManifests: namespace.spaceManifests(facts, { login, size, openPorts: [8080] }),
    fileObjects: fileObjects.objects,
    holdManifest: [namespace.holdManifest(facts)],
    lifelineManifests: lifeline.lifelineManifests(
      { image, pullSecret: true, root: { kind: 'Namespace', name } },
      placed,
    ),
    serviceManifest: [workload.serviceManifest(spec, placed)],
    claimManifest: [workload.claimManifest({ id: 'party-a', storageClass: 'fast' }, placed)],
    envManifest: [workload.envManifest('party-a', { TOKEN: 'x' }, placed)],
    workloadManifest: [
      workload.workloadManifest(spec, { name: '4-8', kind: 'statefulset', replicas: 1 }, placed),
      workload.workloadManifest(service, { name: 'driver', kind: 'deployment', replicas: 0 }, placed),
    ],
    attachManifest: [workload.attachManifest('{}', placed)],
    usersManifest: [database.usersManifest('postgres', placed)],
    databaseManifest: [
      workload.databaseManifest(server, { name: 'postgres', kind: 'statefulset', replicas: 1 }, placed),
    ],
    wayOutManifest: [database.wayOutManifest('corda-compat-database', { port: 5432, ...placed })],
    oneShotPod: [workload.oneShotPod(spec, 'party-a-once', placed)],
    readerPod: [workload.readerPod(spec, placed)],
    clusterRoles: clusterRoles(),
    namespacedRoles: namespacedRoles([name], 'system:serviceaccount:ci:compat'),
  };
}

/** As the API server gets it: what the client's types spell otherwise is spelt right. */
export function asSent(manifest: KubernetesObject): object {
  return load(dumpYaml(manifest)) as object;
}
