import { COMPONENTS } from '../src/harness/domain/image.ts';
import { textTable } from '../src/harness/report/text-table.ts';
import { firstAttempt, inWords, sum } from './images/first-attempt.ts';
import { makeBase, ourWay, type OurWay } from './images/ours.ts';
import { newPlace, run, type Place } from './images/place.ts';
import { openStore, type Store } from './images/store.ts';
import { circumstances, withBench, type Bench } from './lib/bench.ts';
import { median, spread, verdict } from './lib/figures.ts';

const ROUNDS = 3;
/** Seconds that a build of the second kind waits. Corda's own takes minutes; so much is enough to see where it leads to. */
const WAIT = 30;
const GOAL = 4;
const WARM_GOAL_S = 2;

/** Seconds of one kind of build, one of each round. */
interface Series {
  readonly what: string;
  readonly ours: number[];
  readonly first: number[];
}

/**
 * `[--rounds N]`: all images of a release from git, by us and by the way of the first attempt at this suite, in turn. Our seconds
 * are those of the whole program. How much is gained depends on how long a build takes, since we run one for six: so with
 * the rig's, which takes about one second, and once with one that takes half a minute.
 */
export async function main(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--rounds');
  const rounds = at < 0 ? ROUNDS : Number(args[at + 1]);
  const series = (what: string): Series => ({ what, ours: [], first: [] });
  const [cold, warm] = [series('a build of one second'), series('the same again')];
  const slow = series(`a build of ${WAIT} seconds more`);
  await withBench(async (bench) => {
    const store = await openStore(bench.folder);
    const inPlace = async (name: string, wait: number, work: (place: Place) => Promise<void>): Promise<void> => {
      // Whatever a bench that was killed has left; and nothing of one round is there in the next.
      await store.tidy();
      bench.say(`${name}: a new revision and empty caches`);
      await work(await newPlace(bench, { store, name, wait }));
    };
    try {
      for (let round = 1; round <= rounds; round += 1)
        await inPlace(`round-${round}`, 0, (place) => measure(place, { cold, warm, oursFirst: round % 2 === 1 }));
      await inPlace('slow', WAIT, (place) => measure(place, { cold: slow, oursFirst: true }));
    } finally {
      await tidyInPeace(store);
    }
    print(bench, { cold, warm, slow });
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
      const phases = await firstAttempt(place, base);
      series.first.push(sum(phases));
      place.bench.say(`first attempt, ${series.what}: ${inWords(phases)}`);
    }
  };
  // By turns: what the engine has in its memory after one way may help the other.
  for (const way of oursFirst ? [byUs, byScripts] : [byScripts, byUs]) await way();
}

/** @throws Error where it was not what was to be measured */
async function ourBuild({ bench, git }: Place, ours: OurWay, isWarm: boolean): Promise<number> {
  const before = await git.builds();
  const { seconds, images, output } = await ours.build();
  const builds = (await git.builds()) - before;
  if (images.length !== COMPONENTS.length) throw new Error(`not ${COMPONENTS.length} images:\n${output}`);
  if (builds !== (isWarm ? 0 : 1)) throw new Error(`${builds} builds were run:\n${output}`);
  if (isWarm && /building|built|push|compil|fetch/.test(output))
    throw new Error(`the second time did work:\n${output}`);
  bench.say(`ours, ${isWarm ? 'again, nothing built and no byte pushed' : 'cold'}: ${seconds.toFixed(2)} s`);
  return seconds;
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

function print(bench: Bench, { cold, warm, slow }: Readonly<Record<'cold' | 'warm' | 'slow', Series>>): void {
  const rows = [cold, warm, slow].map((series) => {
    return [series.what, spread(series.first), spread(series.ours, 2), ratioOf(series).toFixed(1)];
  });
  console.log(
    ['', ...textTable(['six images of a release from git', 'first attempt', 'ours', 'ratio'], rows)].join('\n'),
  );
  for (const series of [cold, slow]) {
    const ratio = ratioOf(series);
    bench.say(verdict(series.what, `${ratio.toFixed(1)} ×`, `≥ ${GOAL} ×`, ratio >= GOAL));
  }
  const seconds = median(warm.ours);
  bench.say(verdict(warm.what, `${seconds.toFixed(2)} s`, `< ${WARM_GOAL_S} s`, seconds < WARM_GOAL_S));
  // first + 6 × more = GOAL × (ours + more)
  const more = (GOAL * median(cold.ours) - median(cold.first)) / (COMPONENTS.length - GOAL);
  if (more > 0) bench.say(`${GOAL} × is reached by builds that take ${more.toFixed(0)} s more than the rig's`);
}

/** The middle one of the ratios of the rounds. */
function ratioOf({ first, ours }: Series): number {
  return median(first.map((seconds, index) => seconds / (ours[index] ?? NaN)));
}
