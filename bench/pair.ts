import { withBench, circumstances } from './lib/bench.ts';
import { benchBootstrap } from './pair/bootstrap.ts';
import { benchPhases } from './pair/phases.ts';
import { benchStarts } from './pair/starts.ts';

const PARTS = { bootstrap: benchBootstrap, starts: benchStarts, phases: benchPhases };
type Part = keyof typeof PARTS;
const ROUNDS = 3;

/** `[bootstrap] [starts] [phases] [--rounds N]`; without a part, all of them. */
export async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--rounds');
  const rounds = at < 0 ? ROUNDS : Number(args[at + 1]);
  const named = (Object.keys(PARTS) as Part[]).filter((part) => args.includes(part));
  const parts = named.length > 0 ? named : (Object.keys(PARTS) as Part[]);
  await withBench(async (bench) => {
    for (const part of parts) {
      await PARTS[part](bench, rounds);
      console.log(`${circumstances()}\n`);
    }
  });
}
