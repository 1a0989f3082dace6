import { expect } from 'vitest';
import { OpenEntries } from '../../src/harness/testing/open-entries.ts';
import type { Cluster } from '../../src/harness/providers/kubernetes/cluster.ts';
import type { KubernetesSettings } from '../../src/harness/providers/kubernetes/kubernetes-provider.ts';
import type { NodeLaunch, Provider, RunningNode, Space } from '../../src/harness/providers/provider.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import type { ClusterPlace } from './cluster-place.ts';

const RUN = '20261123-154512-ab12cd';

export interface InSpace {
  readonly provider: Provider;
  readonly space: Space;
  readonly ledger: OpenEntries;
  readonly namespace: string;
  readonly start: (args: readonly string[], launch?: Partial<NodeLaunch>) => Promise<RunningNode>;
  readonly said: (text: string, times?: number) => Promise<string>;
}

export interface Given {
  readonly place: ClusterPlace;
  readonly provider?: Provider;
  readonly settings?: Partial<KubernetesSettings>;
  readonly memoryMb?: number;
}

/** A space with one node, for a test; what it is made of is gone afterwards. */
export async function inSpaceOf(
  { place, settings = {}, memoryMb = 64, ...given }: Given,
  test: (given: InSpace) => Promise<void>,
): Promise<void> {
  const [provider, ledger] = [given.provider ?? place.provider(settings), new OpenEntries()];
  const nodes = [{ id: 'party-a', memoryMb }];
  const signal = new AbortController().signal;
  const space = await provider.createSpace({ runId: RUN, cell: '4.8+4.10', nodes, services: [], ledger, signal });
  const entry = [...ledger.open.values()].find(({ kind }) => kind === 'kubernetes');
  try {
    await test({
      provider,
      space,
      ledger,
      namespace: entry?.kind === 'kubernetes' ? entry.namespace : '',
      start: (args, launch) => provider.startNode(space, { ...place.launch('party-a', args), ...launch }),
      said: (text, times = 1) =>
        waitUntil(
          async () => {
            const logs = await provider.logs(space, 'party-a');
            const found = logs.split(text).length > times;
            return found ? { done: true, value: logs } : { done: false, last: logs.slice(-500) };
          },
          { name: text, limit: 60_000 },
        ),
    });
  } finally {
    await provider.destroySpace(space);
    expect([...ledger.open.values()]).toEqual([]);
  }
}

export async function namespaceGone({ core }: Cluster, name: string): Promise<void> {
  await waitUntil(
    async () => {
      const { items } = await core.listNamespace({ fieldSelector: `metadata.name=${name}` });
      return items.length === 0
        ? { done: true, value: undefined }
        : { done: false, last: items[0]?.status?.phase ?? '' };
    },
    { name: `end of namespace ${name}`, limit: 150_000, every: 200 },
  );
}
