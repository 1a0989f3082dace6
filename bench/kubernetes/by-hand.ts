import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeConfig } from '../../src/harness/byhand/make-config.ts';
import { timed } from '../lib/figures.ts';
import { allUpAt, kubectl, type BenchCluster } from './cluster.ts';
import type { Taken } from '../kubernetes.ts';

/** The same three nodes as a person starts them with the files that `corda-compat config` wrote, and away again. */
export async function startByHand(cluster: BenchCluster): Promise<Taken> {
  const { bench, cell } = cluster;
  const namespace = `compat-bench-${randomBytes(3).toString('hex')}`;
  const out = join(bench.folder, namespace);
  const progress = { say: () => undefined };
  const host = { env: process.env, root: bench.folder, progress, signal: bench.signal };
  const { folders } = await makeConfig({ cell, namespace, replicas: 1, format: 'yaml', out }, host);
  const nodes = folders.map(({ name }) => name).filter((name) => name !== 'namespace' && name !== 'driver');
  try {
    const began = Date.now();
    const { seconds: waited } = await timed(async () => {
      await kubectl(cluster, 'apply', '-f', join(out, 'namespace'));
      await kubectl(cluster, 'apply', ...nodes.flatMap((name) => ['-f', join(out, name)]));
      const sets = nodes.map((name) => `statefulset/${name}`);
      await kubectl(
        cluster,
        'wait',
        '-n',
        namespace,
        '--for=jsonpath={.status.readyReplicas}=1',
        '--timeout=300s',
        ...sets,
      );
    });
    const up = ((await allUpAt(cluster, namespace, nodes)) - began) / 1000;
    const { seconds: removed } = await timed(() => remove(cluster, namespace));
    // Ready is who listens; who is not up by then has to be waited for by reading its log.
    return { ready: Math.max(waited, up), up, removed };
  } finally {
    await kubectl(cluster, 'delete', 'namespace', namespace, '--ignore-not-found');
  }
}

/** Waits for the volumes as well, as the other way does. */
async function remove(cluster: BenchCluster, namespace: string): Promise<void> {
  const ofIt = `jsonpath={range .items[?(@.spec.claimRef.namespace=="${namespace}")]}pv/{.metadata.name} {end}`;
  const volumes = (await kubectl(cluster, 'get', 'pv', '-o', ofIt)).split(' ').filter((name) => name !== '');
  await kubectl(cluster, 'delete', 'namespace', namespace, '--wait');
  if (volumes.length > 0) await kubectl(cluster, 'wait', '--for=delete', '--timeout=90s', ...volumes);
}
