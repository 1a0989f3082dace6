import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { K8S_LABEL } from '../../src/harness/providers/kubernetes/manifests/names.ts';
import { bringUp } from '../../src/harness/provision/nodes.ts';
import { gatherParts } from '../../src/harness/provision/cell-images.ts';
import { cellProcesses, newRpcUser, writeAllNodeFiles, tradingLaunch } from '../../src/harness/provision/nodes.ts';
import { mintZone } from '../../src/harness/provision/zone.ts';
import { h2Databases } from '../../src/harness/provision/databases.ts';
import { timed } from '../lib/figures.ts';
import { allUpAt, kubectl, type BenchCluster } from './cluster.ts';
import type { Taken } from '../kubernetes.ts';

/** The three nodes by the provider, and away again. */
export async function startByUs(cluster: BenchCluster): Promise<Taken> {
  const { bench, cell, provider, images } = cluster;
  const { runId, ledger, resources, signal } = bench;
  const evidence = join(bench.folder, 'evidence');
  await mkdir(evidence, { recursive: true });
  const parts = await gatherParts(cell, { resources, images }, () => undefined);
  const { nodes } = cellProcesses({ cell, parts });
  const request = { runId, cell: cell.name, nodes, services: [], ledger, signal };
  const made = await timed(() => provider.createSpace(request));
  const { value: space } = made;
  try {
    const zone = { cell, parts, space, resources, evidence, signal };
    const databases = h2Databases(zone);
    await writeAllNodeFiles({ cell, parts, space, rpcUser: newRpcUser(), databases });
    await mintZone(zone);
    const nodeArgs = await databases.lay();
    const launches = cell.topology.nodes.map((node) => tradingLaunch({ cell, parts }, node, nodeArgs.get(node.id)));
    const began = Date.now();
    const started = await timed(() =>
      bringUp({ cell, provider, space, launches, evidence, signal, say: () => undefined }),
    );
    const namespace = await namespaceOf(cluster);
    const upAt = await allUpAt(cluster, namespace, ['4-8-notary', '4-8', '4-10']);
    const removed = await timed(() => provider.destroySpace(space));
    const applied = made.seconds;
    return { ready: applied + started.seconds, up: applied + (upAt - began) / 1000, removed: removed.seconds };
  } finally {
    await provider.destroySpace(space);
  }
}

/** The one of this run that is there. */
async function namespaceOf(cluster: BenchCluster): Promise<string> {
  const ofRun = ['-l', `${K8S_LABEL.run}=${cluster.bench.runId}`];
  const name = await kubectl(cluster, 'get', 'namespaces', ...ofRun, '-o', 'jsonpath={.items[*].metadata.name}');
  if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`not one namespace of this run, but: ${name || 'none'}`);
  return name;
}
