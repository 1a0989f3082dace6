/** The middle value; of an even number, the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** `18.8 (17.9-21.0)`: median and range. */
export function spread(values: readonly number[], digits = 1): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const middle = median(values).toFixed(digits);
  return values.length < 2 ? middle : `${middle} (${least.toFixed(digits)}-${most.toFixed(digits)})`;
}

/** A goal beside what was measured. */
export function verdict(what: string, value: string, goal: string, isMet: boolean): string {
  return `${isMet ? 'met    ' : 'NOT MET'}  ${what}: ${value} (goal: ${goal})`;
}

/** Seconds that a piece of work takes. */
export async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const began = performance.now();
  const value = await work();
  return { seconds: (performance.now() - began) / 1000, value };
}
