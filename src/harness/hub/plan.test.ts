import { describe, expect, test } from 'vitest';
import { expand } from '../config/expand.ts';
import { loadMatrix } from '../config/load.ts';
import type { Matrix } from '../config/matrix.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from '../testing/matrix.ts';
import { renderPlan } from '../plan/plan.ts';
import { plan } from './run-plan.ts';

async function load(file: unknown): Promise<Matrix> {
  return loadMatrix({ cwd: await folderWithMatrix(file), env: {}, now: new Date('2026-11-23') });
}

/** What is done for the only cell of a matrix. */
async function textsOf(file: unknown): Promise<readonly string[]> {
  const { steps } = plan(expand(await load(file)));
  return steps.flatMap(({ cell, steps: own }) => (cell === undefined ? [] : own.map(({ text }) => text)));
}

describe('the plan, as text', () => {
  test('of neighbours', async () => {
    const matrix = await load({ releases: mavenReleases('4.5', '4.8', '4.10'), cordapps: FINANCE });
    await expect(`${renderPlan(plan(expand(matrix)))}\n`).toMatchFileSnapshot('golden/plan-adjacent.txt');
  });

  test('of what is out of the ordinary: two RPC formats, two Javas, own CorDapps, a declaration, a skipped pair', async () => {
    const matrix = await load({
      releases: {
        '3.3': { maven: '3.3-corda', cordapps: { maven: ['net.corda:corda-finance:{version}'] } },
        '4.10': { maven: '4.10', cordapps: FINANCE },
        '4.12': { maven: '4.12', cordapps: FINANCE },
      },
      pairs: [
        ['3.3', '4.10'],
        ['4.12', '4.12'],
        ['4.10', '4.12'],
      ],
      topology: { notary: 'right', validating: true, minimumPlatformVersion: 3 },
      jvm: 'stock',
      known: [
        {
          pair: '3.3+4.10',
          reason: '3.3 cannot read the telemetry of 4.10',
          until: '2027-01-31',
          failures: [{ name: 'x' }],
        },
        { pair: '4.10+4.12', reason: 'legacy contracts', until: '2026-01-31', failures: [{ name: 'x' }] },
      ],
      workload: { seed: 7, operations: 3, parallel: 1 },
    });
    const [first, , third] = expand(matrix);
    const made = plan(first && third ? [first, third] : [], {
      skipped: [{ cell: '4.10+4.12', reason: 'not selected by --project 3.3*' }],
      warnings: matrix.warnings,
      parallel: 2,
    });
    await expect(`${renderPlan(made)}\n`).toMatchFileSnapshot('golden/plan-extraordinary.txt');
  });

  test('of a mixed cell, whose releases differ in their CorDapps', async () => {
    const own = { maven: '4.0', cordapps: { maven: ['net.corda:corda-finance-contracts:{version}'] } };
    const releases = { ...mavenReleases('4.10', '4.5', '4.8', '4.1', '4.6', '4.7'), '4.0': own };
    const matrix = await load({
      releases,
      cordapps: FINANCE,
      pairs: [['4.8', '4.10']],
      mixed: 'all',
      workload: { rate: 2.5 },
    });
    const made = plan(expand(matrix).filter(({ name }) => name === 'mixed'));
    await expect(`${renderPlan(made)}\n`).toMatchFileSnapshot('golden/plan-mixed.txt');
  });

  test('of nodes that register with a doorman', async () => {
    const file = { releases: mavenReleases('4.5', '4.10'), cordapps: FINANCE, topology: { onboarding: 'doorman' } };
    expect((await load(file)).warnings[0]).toBe(
      "net.corda:corda-finance-contracts:4.5 is signed with Corda's development key: nodes outside development mode refuse it, but those of this run do not",
    );
    const steps = await textsOf(file);
    expect(steps[3]).toMatch(/^Make the tables/);
    expect(steps[4]).toMatch(
      /^Register the nodes with a doorman\. Start a doorman .* let notary \(4\.5\) register .*; let party-a \(4\.5\) and party-b \(4\.10\) register/,
    );
    expect(steps.join('\n')).not.toMatch(/mint/i);
  });

  test('of two notaries', async () => {
    const topology = { notaries: 2, validating: true };
    const file = { releases: mavenReleases('4.5', '4.10'), cordapps: FINANCE, topology };
    const steps = await textsOf(file);
    expect(steps[0]).toMatch(/for notary, notary-b, party-a and party-b\.$/);
    expect(steps[3]).toMatch(/^Mint the zone: .* 2 validating notaries, minimumPlatformVersion 7/);
    expect(steps[5]).toMatch(
      /^Start the nodes notary \(4\.5\), notary-b \(4\.10\), party-a .*; all are up within 180 s\.$/,
    );
  });

  test('of containers: images first, and what is counted at the end', async () => {
    const file = { releases: mavenReleases('4.5', '4.10'), cordapps: FINANCE, provider: 'docker' };
    const steps = await textsOf(file);
    expect(steps[0]).toBe('Find or build the images notary 4.5, node 4.5, node 4.10 and driver.');
    expect(steps[1]).toMatch(/^Make a space: a Docker network; .* for notary, party-a and party-b\.$/);
    expect(steps.at(-1)).toMatch(/0 containers, networks, volumes and folders\.$/);
    expect(steps.join('\n')).not.toMatch(/loopback ports/);
  });

  test('of nothing', () => {
    const skipped = [{ cell: '4.8+4.10', reason: 'not selected by --project x' }];
    expect(renderPlan(plan([], { skipped }))).toBe(
      'Plan: Nothing to run: no cell is selected.\nSkipped 4.8+4.10: not selected by --project x.',
    );
  });
});

test('suites of the lifecycle are named where they are asked for, an upgrade at the end', async () => {
  const matrix = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };
  const suites = async (workload: object): Promise<string> =>
    renderPlan(plan(expand(await load({ ...matrix, workload }))));
  expect(await suites({})).toMatch(/notary and vault, each direction/);
  expect(await suites({ lifecycle: true })).toMatch(
    /notary, backchain, contract-upgrade, notary-change, restart, vault and upgrade, each direction/,
  );
});

test('the same cells make the same plan, and every step has a number of its own', async () => {
  const matrix = await load({ releases: mavenReleases('4.5', '4.8', '4.10'), cordapps: FINANCE, pairs: 'ordered' });
  const first = plan(expand(matrix));
  expect(plan(expand(matrix))).toEqual(first);
  const numbers = first.steps.flatMap((step) => [step.number, ...step.steps.map(({ number }) => number)]);
  expect(new Set(numbers).size).toBe(numbers.length);
});
