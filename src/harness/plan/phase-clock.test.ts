import { expect, test } from 'vitest';
import { createPhaseClock } from './run-steps.ts';

test('a step lasts until the next; pauses count for nobody; a step entered again goes on', () => {
  let now = 0;
  const clock = createPhaseClock(() => now);
  clock.enter('zone');
  now = 10;
  clock.enter('start');
  now = 15;
  clock.pause();
  now = 100;
  clock.enter('zone');
  now = 101;
  expect(clock.timings()).toEqual([
    { phase: 'zone', tookMs: 11 },
    { phase: 'start', tookMs: 5 },
  ]);
  expect(clock.current()).toBe('zone');
});
