import type { Cell } from '../../src/harness/config/cell.ts';
import { STARTED } from '../../src/harness/provision/nodes.ts';
import { clusterProvider } from '../../src/harness/provision/cluster-provider.ts';
import type { RunProvider } from '../../src/harness/provision/run-provider.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import { waitUntil, type Seen } from '../../src/harness/support/wait.ts';
import type { Bench } from '../lib/bench.ts';

const LIMIT_MS = 600_000;
const UP_LIMIT_MS = 180_000;

/** The cluster that the kubeconfig names, a cell for it, and a provider as a run has it. */
export interface BenchCluster extends Required<RunProvider> {
  readonly bench: Bench;
  readonly cell: Cell;
}

export async function openCluster(bench: Bench): Promise<BenchCluster> {
  const { runId, folder, root, resources } = bench;
  const run = {
    runId,
    results: folder,
    root: folder,
    env: process.env,
    progress: { say: (text: string) => bench.say(text) },
  };
  const { provider, images } = await clusterProvider({ run, root, releases: resources.releases }, {});
  if (!images) throw new Error('provider kubernetes makes no images');
  return { bench, provider, images, cell: { ...bench.cell('4.8+4.10'), provider: 'kubernetes' } };
}

/** @throws Error with what kubectl said */
export async function kubectl({ bench }: BenchCluster, ...args: readonly string[]): Promise<string> {
  const file = process.env['RIG_KUBECTL'] ?? 'kubectl';
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  const command = {
    name: 'kubectl',
    file: '/usr/bin/env',
    args: [file, ...args],
    cwd: bench.folder,
    env,
    limit: LIMIT_MS,
  };
  const { code, output } = await runCommand({ ...command, signal: bench.signal });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${output.slice(-2_000)}`);
  return output;
}

/**
 * When the last node of a namespace said that it is up, which may be yet to come: a node that listens may need some seconds more.
 * @param nodes names of their StatefulSets
 */
export async function allUpAt(cluster: BenchCluster, namespace: string, nodes: readonly string[]): Promise<number> {
  const { signal } = cluster.bench;
  const upAt = async (node: string): Promise<number> => {
    const look = async (): Promise<Seen<number>> => {
      const logs = await kubectl(cluster, 'logs', `statefulset/${node}`, '-c', 'main', '-n', namespace, '--timestamps');
      const line = logs.split('\n').find((text) => STARTED.test(text));
      if (line === undefined) return { done: false, last: logs.slice(-300) };
      return { done: true, value: Date.parse(line.split(' ')[0] ?? '') };
    };
    return await waitUntil(look, { name: `${node} says that it is up`, limit: UP_LIMIT_MS, every: 500, signal });
  };
  return Math.max(...(await Promise.all(nodes.map(upAt))));
}
