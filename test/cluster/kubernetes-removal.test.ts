import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { K8S_ANNOTATION, K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { removeNamespace } from '../../src/harness/providers/kubernetes/labelled.ts';
import { openLedger } from '../../src/harness/cleanup/ledger.ts';
import { sweepCluster } from '../../src/harness/cleanup/sweep-containers.ts';
import { undoLedger } from '../../src/harness/cleanup/undo.ts';
import { thisMachine } from '../../src/harness/support/this-machine.ts';
import { clusterPlace, type ClusterPlace } from '../rig/cluster-place.ts';
import { inSpaceOf, namespaceGone, type Given, type InSpace } from '../rig/cluster-space.ts';
import { describeWithCluster } from '../rig/cluster-tests.ts';

describeWithCluster('removal from a cluster', () => {
  let folder: string;
  let place: ClusterPlace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubernetes-removal-'));
    place = await clusterPlace(folder);
  });

  afterAll(async () => {
    expect(await place.left()).toEqual([]);
    await place.close();
    await rm(folder, { recursive: true });
  });

  const inSpace = (given: Omit<Given, 'place'>, test: (given: InSpace) => Promise<void>): Promise<void> =>
    inSpaceOf({ place, ...given }, test);

  test('a namespace of somebody else is not touched', async () => {
    const { core } = place.cluster;
    const name = 'corda-compat-test-20261123-154512-ab12cd-4-8-4-10';
    await core.createNamespace({ body: { metadata: { name, labels: { of: 'somebody-else' } } } });
    try {
      await expect(inSpace({}, () => Promise.resolve())).rejects.toThrow(
        /already has a namespace .*, with the labels .*of=somebody-else.*does not touch it/,
      );
      await expect(
        removeNamespace(place.cluster, { namespace: name, space: name }, { limit: 5000, looks: 1 }),
      ).rejects.toThrow(/is not ours/);
      expect((await core.readNamespace({ name })).metadata?.deletionTimestamp).toBeUndefined();
    } finally {
      await core.deleteNamespace({ name });
      await namespaceGone(place.cluster, name);
    }
  });

  test('a namespace that a finaliser holds is told with the reason, and goes when that is gone', async () => {
    const { core, client } = place.cluster;
    const merge = client.setHeaderOptions('Content-Type', client.PatchStrategy.MergePatch);
    await inSpace({}, async ({ namespace }) => {
      const space = (await core.readNamespace({ name: namespace })).metadata?.labels?.[K8S_LABEL.space] ?? '';
      const metadata = { name: 'held', namespace, finalizers: ['example.org/held'] };
      await core.createNamespacedConfigMap({ namespace, body: { metadata } });
      await expect(removeNamespace(place.cluster, { namespace, space }, { limit: 15_000, looks: 1 })).rejects.toThrow(
        /deletion of the namespace .*NamespaceFinalizersRemaining: .*example.org\/held in 1 resource/,
      );
      await core.patchNamespacedConfigMap({ name: 'held', namespace, body: { metadata: { finalizers: null } } }, merge);
    });
  });

  test('what a run made is removed from its ledger alone, twice if need be', () =>
    inSpace({}, async ({ start, ledger, provider, space }) => {
      await start(['stubborn', 'say', 'up']);
      const file = join(folder, 'ledger.jsonl');
      const written = await openLedger(file);
      for (const creation of ledger.open.values()) await written.record(creation);
      await written.close();
      expect((await undoLedger(file)).failures).toEqual([]);
      expect(await provider.leftovers(space)).toEqual([]);
      expect((await undoLedger(file)).undone).toEqual([]);
    }));

  test('a sweep removes namespaces whose owner is gone, and nothing else', async () => {
    const { core } = place.cluster;
    const owner = {
      runId: 'r',
      ...(await thisMachine()),
      pid: process.pid,
      started: 'long ago',
      at: new Date(0).toISOString(),
    };
    const make = async (name: string, of: object): Promise<void> => {
      const labels = { [K8S_LABEL.run]: 'r', [K8S_LABEL.space]: name };
      const annotations = { [K8S_ANNOTATION.owner]: JSON.stringify(of) };
      await core.createNamespace({ body: { metadata: { name, labels, annotations } } });
    };
    await make('corda-compat-test-dead', owner);
    await make('corda-compat-test-elsewhere', { ...owner, machine: 'another' });
    const states = async (dryRun: boolean) =>
      (await sweepCluster(place.cluster, { dryRun }))
        .filter(({ path }) => path.includes('corda-compat-test'))
        .map(({ path, state }) => `${path}: ${state}`)
        .sort();
    const elsewhere = 'namespace corda-compat-test-elsewhere: elsewhere';
    expect(await states(true)).toEqual(['namespace corda-compat-test-dead: would-remove', elsewhere]);
    expect(await states(false)).toEqual(['namespace corda-compat-test-dead: removed', elsewhere]);
    expect(await states(false)).toEqual([elsewhere]);
    await core.deleteNamespace({ name: 'corda-compat-test-elsewhere' });
    await namespaceGone(place.cluster, 'corda-compat-test-elsewhere');
  });

  test('a namespace deletes itself when nobody keeps it any more', () =>
    inSpace({ settings: { lifelineMs: 1_000 } }, async ({ start, namespace }) => {
      // Its last minute may be over while it starts.
      await start(['say', 'up']).catch(() => undefined);
      await namespaceGone(place.cluster, namespace);
    }));
});
