import { expect, test } from 'vitest';
import { expand } from '../config/expand.ts';
import { loadMatrix } from '../config/load.ts';
import type { Matrix } from '../config/matrix.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from '../testing/matrix.ts';
import { renderPlan } from '../plan/plan.ts';
import { plan } from './run-plan.ts';

async function load(file: unknown, env: Record<string, string> = {}): Promise<Matrix> {
  return loadMatrix({ cwd: await folderWithMatrix(file), env, now: new Date('2026-11-23') });
}

const two = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };

test('the plan of a network that is there makes nothing and removes nothing', async () => {
  const cells = expand(await load(two));
  const options = {
    attached: 'team-a',
    skipped: [{ cell: 'mixed', reason: 'not selected' }],
    warnings: ['mind it', 'did you mean that?'],
  };
  await expect(`${renderPlan(plan(cells, options))}\n`).toMatchFileSnapshot('golden/plan-attached.txt');
  expect(plan([], options)).toMatchObject({ title: 'Nothing to run: no cell is selected.', steps: [] });
});

test('the plan of one release, and of several with the same CorDapps, says so', async () => {
  const cells = expand(await load({ ...two, pairs: [['4.8', '4.8']], mixed: 'all' }));
  const finance = 'corda-finance-contracts:4.5 and corda-finance-workflows:4.5';
  const texts = (...chosen: typeof cells) => plan(chosen).steps.map(({ text }) => text);
  expect(texts(...cells.slice(0, 1))[1]).toMatch(/^Resolve the releases, 1 release /);
  expect(texts(...cells)).toContain(`Cell mixed: 4.8 and 4.10, CorDapps of all ${finance}.`);
});

test('the plan of a cluster says what in it is out of the ordinary, and which images it needs', async () => {
  const git = { git: 'https://me:s3cret@example.org/corda.git', ref: 'main' };
  const own = { command: 'make node', artefact: 'out/corda.jar' };
  const apps = { command: 'make apps', artefact: 'out/apps/*.jar' };
  const file = {
    releases: {
      '4.10': { maven: '4.10' },
      next: git,
      patched: { ...git, ref: 'fix', java: 17, build: { node: own } },
      own: { ...git, build: { node: own, cordapps: apps }, cordapps: { maven: ['com.example:app:{version}'] } },
    },
    pairs: 'against:4.10',
    provider: 'kubernetes',
    kubernetes: { workload: 'deployment' },
    topology: { onboarding: 'doorman', database: 'postgresql' },
    limits: { build: 90 },
  };
  await expect(`${renderPlan(plan(expand(await load(file))))}\n`).toMatchFileSnapshot('golden/plan-cluster.txt');
});
