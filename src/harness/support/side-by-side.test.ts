import { describe, expect, test } from 'vitest';
import { sideBySide } from './side-by-side.ts';

const NEVER = new AbortController().signal;

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

describe('work side by side', () => {
  test('is never more than asked for, and its results stand in the order of the items', async () => {
    let now = 0;
    let most = 0;
    const results = await sideBySide([5, 1, 3, 2], { atOnce: 2, signal: NEVER }, async (turns) => {
      most = Math.max(most, ++now);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      now -= 1;
      return turns;
    });
    expect(results).toEqual([5, 1, 3, 2]);
    expect(most).toBe(2);
  });

  test('ends with the first failure, once what had begun has ended; what waited never begins', async () => {
    const events: string[] = [];
    const working = sideBySide(['fails', 'goes on', 'waits'], { atOnce: 2, signal: NEVER }, async (item, signal) => {
      events.push(`${item} begins`);
      if (item === 'fails') throw new Error('the first');
      await aborted(signal).catch(() => undefined);
      await Promise.resolve();
      events.push(`${item} ends`);
    });
    await expect(working).rejects.toThrow('the first');
    expect(events).toEqual(['fails begins', 'goes on begins', 'goes on ends']);
  });

  test('is told of the caller’s own end', async () => {
    const stop = new AbortController();
    const working = sideBySide(['a'], { atOnce: 1, signal: stop.signal }, (_, signal) => aborted(signal));
    stop.abort(new Error('interrupted'));
    await expect(working).rejects.toThrow('interrupted');
  });
});
