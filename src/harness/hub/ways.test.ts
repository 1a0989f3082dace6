import { expect, test } from 'vitest';
import type { Cell } from '../config/cell.ts';
import { numbersOf } from '../plan/plan.ts';
import { readySteps, type Way } from '../plan/steps.ts';
import { fakeCell } from '../testing/replay.ts';
import { attachedWay } from '../byhand/attached-steps.ts';
import { wayOf } from '../provision/cell-steps.ts';
import { plan } from './run-plan.ts';

const cell = (changes: Partial<Cell>, topology: Partial<Cell['topology']> = {}): Cell => {
  const plain = fakeCell('4.8+4.10');
  const notary = { validating: false, service: 'O=Service, L=Zurich, C=CH' };
  const nodes = [
    { id: 'notary', party: 'O=Notary, L=Zurich, C=CH', release: '4.8', notary },
    { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8' },
    { id: 'party-b', party: 'O=PartyB, L=New York, C=US', release: '4.10' },
  ];
  return { ...plain, ...changes, topology: { ...plain.topology, nodes, ...topology } };
};

test.each<[string, Cell, string | undefined, readonly string[]]>([
  ['minted', cell({}), undefined, ['space', 'configure', 'driver', 'zone', 'schema', 'start', 'driver']],
  [
    'registered with a doorman',
    cell({}, { onboarding: 'doorman' }),
    undefined,
    ['space', 'configure', 'driver', 'schema', 'zone', 'start', 'driver'],
  ],
  [
    'in containers, on PostgreSQL',
    cell({ provider: 'docker' }, { database: 'postgresql' }),
    undefined,
    ['images', 'space', 'database', 'configure', 'driver', 'zone', 'schema', 'start', 'driver'],
  ],
  ['attached', cell({ provider: 'kubernetes' }), 'team-a', ['space', 'start', 'driver']],
])('what is carried out for a cell that is %s is what its plan says', (_name, one, attached, ids) => {
  const made = plan([one], attached === undefined ? {} : { attached });
  const way: Way<never> = attached === undefined ? wayOf(one) : attachedWay();
  const ready = readySteps(way, one, undefined as never);
  const own = made.steps.find((step) => step.cell === one.name)?.steps ?? [];
  const planned = [...made.steps.filter(({ shared }) => shared), ...own];
  expect(planned.map(({ step }) => step)).toEqual(ready.map(({ id, name }) => ({ id, name })));
  expect(numbersOf(made, one.name)).toEqual(planned.map(({ number }) => number));
  expect(own.map(({ step }) => step?.id)).toEqual([...ids, 'suites', 'evidence', 'destroy']);
  for (const { text, step } of planned) {
    expect(text.toLowerCase().startsWith((step?.name ?? '?').toLowerCase()), `${step?.name}: ${text}`).toBe(true);
  }
});

test('the plan names the suites that are selected, and the folder that gets the evidence', () => {
  const made = plan([cell({})], { suites: () => ['pay', 'own/fees.test.ts'], results: 'elsewhere', only: 'only some' });
  const texts = made.steps.flatMap(({ steps }) => steps.map(({ text }) => text)).join('\n');
  expect(texts).toMatch(/Run the suites pay and own\/fees\.test\.ts, each direction .*; only some\.$/m);
  expect(texts).toContain('Keep the evidence in elsewhere/4.8+4.10: ');
});
