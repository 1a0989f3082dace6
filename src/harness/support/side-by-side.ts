import pLimit from 'p-limit';

export interface SideBySide {
  /** Items that are worked at a time. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
}

/**
 * Works on items side by side, in their order. The first failure (or the signal) stops the others and keeps those that wait
 * from beginning; it is thrown once all that had begun has ended, so that no work runs against the clean-up.
 * @param work listens to the signal that it is given
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  { atOnce, signal }: SideBySide,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<readonly R[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const limit = pLimit(atOnce);
  const attempt = async (item: T): Promise<R> => {
    either.throwIfAborted();
    try {
      return await work(item, either);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const all = items.map((item) => limit(() => attempt(item)));
  try {
    return await Promise.all(all);
  } finally {
    await Promise.allSettled(all);
  }
}
