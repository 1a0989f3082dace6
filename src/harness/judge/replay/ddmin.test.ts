import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { ddmin } from './search.ts';

/** Even numbers cannot do without the odd one before them. */
function close(part: readonly number[]): readonly number[] {
  return [...new Set(part.flatMap((item) => (item % 2 === 0 ? [item, item + 1] : [item])))].sort((a, b) => a - b);
}

const size = fc.integer({ min: 2, max: 40 }).map((half) => 2 * half);
const culprits = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 });

describe('ddmin', () => {
  property.prop([size, culprits, fc.nat()])(
    'finds exactly what fails, with what that cannot do without, where more of it fails as well',
    async (count, picks, shift) => {
      const whole = Array.from({ length: count }, (_, item) => item);
      const needed = [...new Set(picks.map((pick) => (pick * 7 + shift) % count))];
      const fails = (part: readonly number[]) => needed.every((item) => part.includes(item));
      const found = await ddmin(whole, { close, fails: (part) => Promise.resolve(fails(part)) });
      expect(found).toEqual(close(needed));
      for (const item of found) {
        const without = close(found.filter((other) => other !== item));
        expect(without.length < found.length && fails(without)).toBe(false);
      }
    },
  );

  property.prop([size, fc.nat(30), fc.func(fc.boolean())])(
    'returns something that was seen to fail, or the whole, whatever the answers and however few',
    async (count, answers, failsAt) => {
      const whole = Array.from({ length: count }, (_, item) => item);
      const failed = [whole];
      let asked = 0;
      const found = await ddmin(whole, {
        close,
        fails: (part) => {
          if (asked >= answers) return Promise.resolve(undefined);
          asked++;
          expect(part.length).toBeLessThan(count);
          const answer = failsAt(part);
          if (answer) failed.push([...part]);
          return Promise.resolve(answer);
        },
      });
      expect(asked).toBeLessThanOrEqual(answers);
      expect(failed).toContainEqual(found);
    },
  );

  test('asks for nothing where there is one item only', async () => {
    const fails = () => Promise.reject(new Error('it was asked'));
    expect(await ddmin([1], { close: (part) => part, fails })).toEqual([1]);
  });
});
