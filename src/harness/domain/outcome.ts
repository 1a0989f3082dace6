/** Kinds of the steps of a run, in order: seconds are counted by them, and a failure names one. */
export const STEPS = [
  'sweep',
  'resolve',
  'java',
  'build',
  'cordapps',
  'images',
  'space',
  'database',
  'configure',
  'zone',
  'schema',
  'start',
  'driver',
  'suites',
  'evidence',
  'destroy',
  'replay',
] as const;
export type Step = (typeof STEPS)[number];

/** Which step of the printed plan: `4.3`, `make the tables`. */
export interface StepPlace {
  readonly number: string;
  readonly name: string;
}

/** What a cell can end as; never mixed (docs/terminology.md). */
export type Outcome =
  'compatible' | 'incompatible' | 'known' | 'fixed' | 'flaky' | 'blocked' | 'not-built' | 'skipped' | 'interrupted';

/** Why a cell has no network, as a plain value that crosses processes. */
export interface StepFailure {
  readonly outcome: 'incompatible' | 'blocked' | 'not-built' | 'interrupted';
  readonly step: Step;
  /** Its place in the plan; absent where no step of the plan was going on. */
  readonly at?: StepPlace;
  /** What, which, why, what to do. */
  readonly message: string;
  /** The nodes' own words, most telling first. */
  readonly words?: readonly string[];
}

/** Outcomes that make the run fail. */
export function failsRun(outcome: Outcome): boolean {
  return outcome !== 'compatible' && outcome !== 'known' && outcome !== 'skipped';
}

/** `step 4.3 make the tables`, or the step's kind where no step of the plan was going on. */
export function stepWords({ step, at }: Pick<StepFailure, 'step' | 'at'>): string {
  return at ? `step ${at.number} ${at.name}` : step;
}
