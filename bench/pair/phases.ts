import type { Bench } from '../lib/bench.ts';
export async function benchPhases(bench: Bench, rounds: number): Promise<void> {
  bench.say(`not yet ${rounds}`);
  await Promise.resolve();
}
