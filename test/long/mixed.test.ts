import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOperations } from '../../fixtures/random-operations.ts';
import type { Operation } from '../../src/harness/trade/operation.ts';
import { Journal } from '../../src/harness/trade/journal.ts';
import { takeTurn } from '../rig/one-file-at-a-time.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance, releases } from '../e2e/matrices.ts';

takeTurn('processors');

const SEED = 5;
const WORKLOAD = { operations: 60, parallel: 4, rate: 2 };
const RELEASES = ['4.0', '4.8', '4.10'];

type Traded = Pick<Operation, 'kind' | 'from' | 'to' | 'amount' | 'currency' | 'anonymous'>;

/** `pay party-a party-b 5.92 USD` and so on, in no order: what is in flight together has none. */
function inWords(operations: readonly Traded[]): readonly string[] {
  return operations
    .map(({ kind, from, to, amount, currency, anonymous }) =>
      [kind, from, to, amount, currency, ...(anonymous ? ['anonymously'] : [])].join(' '),
    )
    .sort();
}

describe('three releases in one network', () => {
  let place: Place;
  let run: Finished;

  beforeAll(async () => {
    place = await makePlace({
      releases: releases(...RELEASES),
      cordapps: finance('4.0'),
      mixed: 'all',
      // Of the newest.
      topology: { notary: 'right' },
      workload: WORKLOAD,
    });
    run = await place.run(['--project', 'mixed'], { COMPAT_SEED: String(SEED) }).done();
  }, 900_000);
  afterAll(() => place.remove());

  test('pay each other in all six directions', async () => {
    const cell = await run.cell('mixed');
    expect(cell.outcome, cell.because).toBe('compatible');
    expect(cell.directions?.map(({ from, to, state }) => `${from} ${to} ${state}`)).toEqual([
      '4.0 4.8 passed',
      '4.0 4.10 passed',
      '4.8 4.0 passed',
      '4.8 4.10 passed',
      '4.10 4.0 passed',
      '4.10 4.8 passed',
    ]);
    expect(run.output).toContain('mixed: 6 of 6 directions passed');
    expect(run.output).toMatch(/^4\.10 {2}ok {3}ok {3}-$/m);
  });

  test('are reported each with its checksum, and have neither left nor right', async () => {
    const { releases: made, left, right } = await run.cell('mixed');
    expect(made?.map(({ release, version }) => [release, version])).toEqual(RELEASES.map((id) => [id, id]));
    for (const { sha256 } of made ?? []) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect([left, right]).toEqual([undefined, undefined]);
    expect(await run.junit()).toContain('name="4.10.sha256"');
  });

  test('do what the seed of COMPAT_SEED says, no more and no less, at the rate asked for', async () => {
    const { operations } = await new Journal(join(place.folder, 'results/mixed/journal.jsonl')).read();
    const random = operations.map(({ operation }) => operation).filter(({ by }) => by.includes('random operations'));
    const peers = ['party-a', 'party-b', 'party-c'];
    const { coins, trade } = planOperations({ seed: SEED, ...WORKLOAD, peers });
    const planned = [...coins, ...trade].map(({ money, ...rest }) => ({ ...rest, ...money }));
    expect(inWords(random)).toEqual(inWords(planned));
    expect(new Set(random.map(({ kind }) => kind))).toEqual(new Set(['issue', 'pay', 'exit']));
    expect(run.output).toContain(`60 random operations, 2 a second, seed ${SEED}: `);
    expect(run.output).toContain(`random (60 operations, 2 a second, seed ${SEED})`);
  });

  test('leave nothing behind', async () => {
    expect(run.code).toBe(0);
    expect(run.lastLine).toMatch(/^\d+ passed, 0 failed$/);
    expect(await place.leftovers()).toEqual([]);
  });
});
