import { expect, test } from 'vitest';
import { inspectedJar } from '../../../test/rig/inspected-jar.ts';
import type { Finding, InspectedJar } from './rules.ts';
import { judgeInspection, type InspectedWith } from './verdict.ts';

const [A, B] = ['a.jar', 'b.jar'].map((what) => inspectedJar(what, {})) as [InspectedJar, InspectedJar];

function finding(here: string, { jars = [A], refused = true } = {}): Finding {
  return { jars, refused, what: `${jars.map(({ what }) => what).join(' and ')} is wrong`, here, advice: 'Mend it.' };
}

function release(id: string, cordapps: readonly InspectedJar[], ...findings: readonly Finding[]): InspectedWith {
  return { release: { id, cordapps }, findings };
}

test('CorDapps that all releases take are no obstacle', () => {
  expect(judgeInspection([release('1', [A]), release('2', [A, B])])).toEqual({ warnings: [] });
});

test('a jar that another release takes is a difference between the releases', () => {
  expect(judgeInspection([release('1', [A], finding('1 says no')), release('2', [A])])).toEqual({
    refusal: { outcome: 'incompatible', message: 'a.jar is wrong: 1 says no. Mend it.' },
    warnings: [],
  });
});

test('a jar that no release takes is not built, and told once', () => {
  const both = [release('1', [A], finding('1 says no')), release('2', [A], finding('2 says no'))];
  expect(judgeInspection(both).refusal).toEqual({
    outcome: 'not-built',
    message: 'a.jar is wrong: 1 says no; 2 says no. Mend it.',
  });
});

test('a jar that no other release carries is not built', () => {
  const { refusal } = judgeInspection([release('1', [A], finding('1 says no')), release('2', [B])]);
  expect(refusal?.outcome).toBe('not-built');
});

test('two jars that do not go together are judged together', () => {
  const no = finding('no', { jars: [A, B] });
  expect(judgeInspection([release('1', [A, B], no), release('2', [A])]).refusal?.outcome).toBe('not-built');
  expect(judgeInspection([release('1', [A, B], no), release('2', [A, B])]).refusal?.outcome).toBe('incompatible');
});

test('what is not refused is warned of', () => {
  expect(judgeInspection([release('1', [A], finding('1 is unsure', { refused: false })), release('2', [A])])).toEqual({
    warnings: ['a.jar is wrong: 1 is unsure. Mend it.'],
  });
});
