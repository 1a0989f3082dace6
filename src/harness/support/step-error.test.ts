import { expect, test } from 'vitest';
import { StepError, blocked, incompatible, notBuilt, toFailure } from './step-error.ts';

test.each([
  [blocked, 'blocked'],
  [notBuilt, 'not-built'],
  [incompatible, 'incompatible'],
] as const)('%o makes a failure that is %s, with its step, its words and its cause', (make, outcome) => {
  const cause = new Error('below');
  const error = make('start', 'party-a did not start', { words: ['Port in use'], cause });
  expect(error.message).toBe('party-a did not start');
  expect(error.cause).toBe(cause);
  expect(error.name).toBe('StepError');
  const failure = { outcome, step: 'start', message: 'party-a did not start', words: ['Port in use'] };
  expect(toFailure(error, 'suites')).toStrictEqual(failure);
});

test('a failure has no words where there are none', () => {
  expect(blocked('zone', 'x').failure).toStrictEqual({ outcome: 'blocked', step: 'zone', message: 'x' });
});

test('an error without a class is infrastructure, at the step in which it came', () => {
  expect(toFailure(new Error('ENOSPC'), 'zone')).toEqual({ outcome: 'blocked', step: 'zone', message: 'ENOSPC' });
  expect(toFailure('torn', 'zone')).toEqual({ outcome: 'blocked', step: 'zone', message: 'torn' });
});

test("the error of another instance of this module keeps its own words; one that has only the name's does not", () => {
  const failure = new StepError({ outcome: 'not-built', step: 'build', message: 'no jar' }).failure;
  const foreign = Object.assign(new Error('no jar'), { name: 'StepError', failure });
  expect(toFailure(foreign, 'suites')).toBe(failure);
  const nameless = Object.assign(new Error('no jar'), { failure });
  expect(toFailure(nameless, 'suites')).toMatchObject({ outcome: 'blocked', step: 'suites' });
  const empty = Object.assign(new Error('no jar'), { name: 'StepError' });
  expect(toFailure(empty, 'suites')).toMatchObject({ outcome: 'blocked', step: 'suites' });
});
