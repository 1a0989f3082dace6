import { textTable } from '../src/harness/report/terminal.ts';
import { openCluster } from './kubernetes/cluster.ts';
import { startByHand } from './kubernetes/by-hand.ts';
import { startByUs } from './kubernetes/ours.ts';
import { circumstances, withBench } from './lib/bench.ts';
import { median, spread, verdict } from './lib/figures.ts';

const ROUNDS = 3;
/** Share of the time that a person needs. */
const GOAL = 1.05;

/** Seconds of one network of three nodes. */
export interface Taken {
  /** From the first applied object until its caller knows that all nodes are ready. */
  readonly ready: number;
  /** From the same moment until the last node said that it is up, by the kubelet's clock. */
  readonly up: number;
  /** From the call that removes the namespace until it and its volumes are gone. */
  readonly removed: number;
}

/**
 * `[--rounds N]`. Three nodes in a namespace: by the provider as a run has it, and by a person with `kubectl apply` of what
 * `corda-compat config` wrote, `kubectl wait` and `kubectl delete`. Images are in the registry and on the node of the cluster, keys
 * and tables are made, before either clock runs.
 */
export async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--rounds');
  const rounds = at < 0 ? ROUNDS : Number(args[at + 1]);
  const [ours, byHand]: [Taken[], Taken[]] = [[], []];
  await withBench(async (bench) => {
    const cluster = await openCluster(bench);
    const ways = [
      { name: 'the provider', start: startByUs, taken: ours },
      { name: 'kubectl', start: startByHand, taken: byHand },
    ];
    bench.say('images, not measured: one start each way');
    for (const { start } of ways) await start(cluster);
    for (let round = 1; round <= rounds; round += 1) {
      // In turn: who comes second finds a machine that was just at work.
      for (const { name, start, taken } of round % 2 === 1 ? ways : ways.toReversed()) {
        const one = await start(cluster);
        taken.push(one);
        const { ready, up, removed } = one;
        bench.say(
          `round ${round} of ${rounds}: ${name}: up ${up.toFixed(1)} s, known ${ready.toFixed(1)} s, removed ${removed.toFixed(1)} s`,
        );
      }
    }
  });
  print(ours, byHand);
}

function print(ours: readonly Taken[], byHand: readonly Taken[]): void {
  const rows = [
    ['the provider', ours],
    ['kubectl apply, wait, delete', byHand],
  ] as const;
  const cells = (taken: readonly Taken[]) =>
    (['up', 'ready', 'removed'] as const).map((what) => spread(taken.map((one) => one[what])));
  const head = ['notary 4.8, party 4.8, party 4.10', 'nodes are up', 'and it is known', 'namespace removed'];
  const middle = (taken: readonly Taken[], what: keyof Taken) => median(taken.map((one) => one[what]));
  const known = middle(ours, 'ready') / middle(byHand, 'ready');
  const strict = middle(ours, 'ready') / middle(byHand, 'up');
  console.log(
    [
      '',
      ...textTable(
        head,
        rows.map(([name, taken]) => [name, ...cells(taken)]),
      ),
      verdict('apply to ready', `${known.toFixed(2)} of kubectl and a wait`, `≤ ${GOAL}`, known <= GOAL),
      `against the moment when the nodes of kubectl were up, before its wait saw it: ${strict.toFixed(2)}`,
      circumstances(),
    ].join('\n'),
  );
}
