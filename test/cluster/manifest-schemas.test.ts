import { expect, test } from 'vitest';
import { clusterAt } from '../../src/harness/providers/kubernetes/cluster.ts';
import { clusterEnv, describeWithCluster } from '../rig/cluster-tests.ts';
import { asSent, everyManifest, MAKERS } from '../rig/kubernetes/every-manifest.ts';
import { describeNeeding } from '../rig/one-file-at-a-time.ts';
import { cannotCheckSchemas, KUBERNETES_VERSIONS, schemaProblems } from '../rig/kubernetes/schemas.ts';

// Every manifest that the harness can make, against the types of each version of Kubernetes that it is said to work with.

const NAMESPACE = `compat-schemas-${process.pid}`;
const MADE = everyManifest(NAMESPACE);
const ALL = Object.values(MADE).flat();

test('every function that makes manifests is among them', () => {
  expect(MAKERS.filter((name) => !(name in MADE))).toEqual([]);
  expect(MAKERS.length).toBeGreaterThan(8);
});

describeNeeding(await cannotCheckSchemas(), 'the types of Kubernetes', () => {
  test.for(KUBERNETES_VERSIONS)('%s know every field', { timeout: 600_000 }, async (version) => {
    const problems = await schemaProblems(version, ALL.map(asSent));
    const told = problems.map((each, at) => ({ kind: ALL[at]?.kind, name: ALL[at]?.metadata?.name, each }));
    expect(told.filter(({ each }) => each.length > 0)).toEqual([]);
    expect(problems).toHaveLength(ALL.length);
  });

  test.for(KUBERNETES_VERSIONS)(
    '%s do not know a field that there is not, of another case, or of another type',
    async (version) => {
      const [made] = MADE['workloadManifest'] ?? [];
      const good = asSent(made ?? {}) as { spec: object };
      const broken = [
        { ...good, spec: { ...good.spec, podManagmentPolicy: 'Parallel' } },
        { ...good, spec: { ...good.spec, ServiceName: 'x' } },
        { ...good, spec: { ...good.spec, replicas: '1' } },
        { apiVersion: 'apps/v1beta1', kind: 'StatefulSet' },
      ];
      const [unknown, otherCase, otherType, otherKind] = await schemaProblems(version, broken);
      expect(unknown?.join()).toMatch(/unknown field "spec\.podManagmentPolicy"/);
      expect(otherCase?.join()).toMatch(/unknown field "spec\.ServiceName"/);
      expect(otherType?.join()).toMatch(/cannot unmarshal string/);
      expect(otherKind?.join()).toMatch(/no kind "apps\/v1beta1 StatefulSet"/);
    },
  );
});

describeWithCluster('a real API server', () => {
  test(
    'takes every manifest in a dry run, and refuses one with a field that it does not know',
    { timeout: 120_000 },
    async () => {
      const { core, objects, client } = await clusterAt({ kubeconfig: clusterEnv().RIG_KUBECONFIG });
      const [own] = MADE['namespaceManifest'] ?? [];
      // What is in a namespace can be tried in one that is there only.
      await core.createNamespace({ body: { ...own, metadata: { name: NAMESPACE } } });
      const dry = (manifest: object) =>
        objects.patch(manifest, undefined, 'All', 'compat-schemas', true, client.PatchStrategy.ServerSideApply);
      try {
        for (const manifest of ALL) await dry(manifest);
        const [claim] = MADE['claimManifest'] ?? [];
        const { spec } = asSent(claim ?? {}) as { spec: object };
        await expect(dry({ ...claim, spec: { ...spec, accessModes: ['ByNobody'] } })).rejects.toThrow(/ByNobody/);
      } finally {
        await core.deleteNamespace({ name: NAMESPACE });
      }
    },
  );
});
