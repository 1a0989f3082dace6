import { loadavg } from 'node:os';
import { COMPONENTS } from '../src/harness/images/image.ts';
import { textTable } from '../src/harness/report/terminal.ts';
import { firstAttempt, inWords, sum } from './images/first-attempt.ts';
import { makeBase, ourWay, type OurWay } from './images/ours.ts';
import { newPlace, run, type BuildKind, type Place } from './images/place.ts';
import { openStore, type Store } from './images/store.ts';
import { circumstances, withBench, type Bench } from './lib/bench.ts';
import { median, spread, verdict } from './lib/figures.ts';
import { endedChildren } from './lib/usage.ts';

/** By how long the build takes. */
const ROUNDS: Readonly<Record<BuildKind, number>> = { short: 3, long: 1 };
const GOAL = 4;
const WARM_GOAL_S = 2;

const KINDS = Object.keys(ROUNDS) as BuildKind[];

interface Taken {
  readonly seconds: number;
  /** Processor time of all programs but the engine: others on the machine change it less than they change the seconds. */
  readonly cpuSeconds: number;
}

/** One kind of build, one of each round. */
interface Series {
  readonly what: string;
  readonly ours: Taken[];
  readonly first: Taken[];
}

/**
 * `[short] [long] [--rounds N]`, no name: both. All images of a release from git, by us and by the way of the first attempt at this suite, in turn. Our seconds
 * are those of the whole program. How much is gained depends on how long a build takes, since we run one for six: so with
 * the rig's, which takes about one second, and once with one that compiles a part of Corda. All of Corda takes minutes.
 */
export async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--rounds');
  const named = KINDS.filter((kind) => args.includes(kind));
  const kinds = named.length > 0 ? named : KINDS;
  const series = (what: string): Series => ({ what, ours: [], first: [] });
  const [cold, warm] = [series('a build of one second'), series('the same again')];
  const long = series('a build that compiles core and finance');
  await withBench(async (bench) => {
    const store = await openStore(bench.folder);
    const inRound = async (kind: BuildKind, round: number): Promise<void> => {
      // Removes the leftovers of a killed bench, and those of the round before.
      await store.tidy();
      const name = `${kind}-${round}`;
      bench.say(`${name}: a new revision and empty caches; load ${(loadavg()[0] ?? NaN).toFixed(1)}`);
      const what = kind === 'short' ? { cold, warm } : { cold: long };
      await measure(await newPlace(bench, { store, name, kind }), { ...what, oursFirst: round % 2 === 1 });
    };
    try {
      for (const kind of kinds) {
        const rounds = at < 0 ? ROUNDS[kind] : Number(args[at + 1]);
        for (let round = 1; round <= rounds; round += 1) await inRound(kind, round);
      }
    } finally {
      await tidyInPeace(store);
    }
    print(bench, { cold, warm, long });
  });
  console.log(circumstances());
}

interface Measuring {
  readonly cold: Series;
  /** None: everything once. */
  readonly warm?: Series;
  readonly oursFirst: boolean;
}

async function measure(place: Place, { cold, warm, oursFirst }: Measuring): Promise<void> {
  // Both ways have it before the clock runs.
  const base = await makeBase(place);
  await shareBase(place, base);
  const ours = await ourWay(place, base);
  const kinds = warm ? [cold, warm] : [cold];
  const byUs = async (): Promise<void> => {
    for (const series of kinds) series.ours.push(await ourBuild(place, ours, series === warm));
  };
  const byScripts = async (): Promise<void> => {
    for (const series of kinds) {
      const { value: phases, cpuSeconds } = await taken(() => firstAttempt(place, base));
      series.first.push({ seconds: sum(phases), cpuSeconds });
      place.bench.say(`first attempt, ${series.what}: ${inWords(phases)}, ${circumstance(cpuSeconds)}`);
    }
  };
  // By turns: what the engine has in its memory after one way may help the other.
  for (const way of oursFirst ? [byUs, byScripts] : [byScripts, byUs]) await way();
}

/** @throws Error where it was not what was to be measured */
async function ourBuild({ bench, git }: Place, ours: OurWay, isWarm: boolean): Promise<Taken> {
  const before = await git.builds();
  const { value, cpuSeconds } = await taken(() => ours.build());
  const { seconds, images, output } = value;
  const builds = (await git.builds()) - before;
  if (images.length !== COMPONENTS.length)
    throw new Error(`the build failed to make ${COMPONENTS.length} images (seen: ${images.length}):\n${output}`);
  if (builds !== (isWarm ? 0 : 1))
    throw new Error(`the bench expected another number of builds (seen: ${builds}):\n${output}`);
  if (isWarm && /building|built|push|compil|fetch/.test(output))
    throw new Error(`the second build did work again:\n${output}`);
  const what = isWarm ? 'again, nothing built and no byte pushed' : 'cold';
  bench.say(`ours, ${what}: ${seconds.toFixed(2)} s, ${circumstance(cpuSeconds)}`);
  return { seconds, cpuSeconds };
}

async function taken<T>(work: () => Promise<T>): Promise<{ value: T; cpuSeconds: number }> {
  const before = await endedChildren();
  const value = await work();
  return { value, cpuSeconds: (await endedChildren()) - before };
}

/** The load is that of the last minute, also by others. */
function circumstance(cpuSeconds: number): string {
  return `${cpuSeconds.toFixed(1)} s of processor time; load ${(loadavg()[0] ?? NaN).toFixed(1)}`;
}

/** In the registry under the first attempt's names as well: neither way sends it. */
async function shareBase(place: Place, base: string): Promise<void> {
  const name = `${place.store.prefix('first')}/base:base`;
  const docker = (...args: readonly string[]) => run(place, { file: 'docker', args, cwd: place.folder });
  await docker('tag', base, name);
  await docker('push', '--quiet', name);
}

/** The engine may still be at what was interrupted: it goes on for a moment. */
async function tidyInPeace(store: Store): Promise<void> {
  const PAUSE_MS = 2_000;
  await store.tidy();
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await store.tidy();
}

function print(bench: Bench, { cold, warm, long }: Readonly<Record<'cold' | 'warm' | 'long', Series>>): void {
  const measured = [cold, warm, long].filter(({ ours }) => ours.length > 0);
  const rows = measured.map((series) => {
    const [first, ours] = [secondsOf(series.first), secondsOf(series.ours)];
    const cpu = ratioOf(series, ({ cpuSeconds }) => cpuSeconds);
    return [series.what, spread(first), spread(ours, 2), ratioOf(series).toFixed(1), cpu.toFixed(1)];
  });
  const heads = ['six images of a release from git', 'first attempt', 'ours', 'ratio', 'of processor time'];
  console.log(['', ...textTable(heads, rows)].join('\n'));
  for (const series of measured.filter((one) => one !== warm)) {
    const ratio = ratioOf(series);
    bench.say(verdict(series.what, `${ratio.toFixed(1)} ×`, `≥ ${GOAL} ×`, ratio >= GOAL));
  }
  if (!measured.includes(warm)) return;
  const seconds = median(secondsOf(warm.ours));
  bench.say(verdict(warm.what, `${seconds.toFixed(2)} s`, `< ${WARM_GOAL_S} s`, seconds < WARM_GOAL_S));
  // first + 6 × more = GOAL × (ours + more)
  const more = (GOAL * median(secondsOf(cold.ours)) - median(secondsOf(cold.first))) / (COMPONENTS.length - GOAL);
  if (more > 0) bench.say(`${GOAL} × is reached by builds that take ${more.toFixed(0)} s more than the rig's`);
}

function secondsOf(all: readonly Taken[]): readonly number[] {
  return all.map(({ seconds }) => seconds);
}

/** The middle one of the ratios of the rounds. */
function ratioOf({ first, ours }: Series, of: (taken: Taken) => number = ({ seconds }) => seconds): number {
  return median(first.map((one, index) => of(one) / of(ours[index] ?? { seconds: NaN, cpuSeconds: NaN })));
}
