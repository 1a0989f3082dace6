import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithEngineAndCluster } from '../rig/cluster-tests.ts';
import type { Run } from '../e2e/compat-run.ts';
import { IN_SUITES, kubernetesPlace, SUITES, type KubernetesPlace } from './kubernetes-place.ts';

describeWithEngineAndCluster('provider kubernetes, when a run ends before its time', () => {
  let own: KubernetesPlace;

  beforeAll(async () => {
    own = await kubernetesPlace('compat-end');
  });
  afterAll(() => own.place.remove());

  const PHASES: readonly (readonly [string, (run: Run) => Promise<unknown>])[] = [
    ['while its namespace is made', () => own.namespaceThat('a namespace that is being made', () => true)],
    ['while the nodes start', (run) => run.says(/start the nodes/, 300_000)],
    ['among the suites', (run) => run.says(IN_SUITES, 300_000)],
    [
      'while its namespace is removed',
      () => own.namespaceThat('a namespace that goes', ({ metadata }) => metadata?.deletionTimestamp !== undefined),
    ],
  ];

  test.for(PHASES)('Ctrl-C %s: everything goes', async ([, phase]) => {
    const run = own.place.run(SUITES, own.env());
    await phase(run);
    expect(await own.namespaces()).toHaveLength(1);
    run.killGroup('SIGINT');
    const end = await run.done();
    expect(end.code, end.output).toBe(130);
    expect(await own.leftovers(0)).toEqual([]);
  });

  test.for(PHASES)('SIGKILL of the whole process group %s: the reaper removes everything', async ([, phase]) => {
    const run = own.place.run(SUITES, own.env());
    await phase(run);
    expect(await own.namespaces()).toHaveLength(1);
    run.killGroup('SIGKILL');
    await run.done();
    expect(await own.leftovers(90_000)).toEqual([]);
  });
});
