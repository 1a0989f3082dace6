/** The steps of a cell's way, in order; an outcome that is not about compatibility names one. */
export const STEPS = [
  'resolve',
  'java',
  'build',
  'cordapps',
  'space',
  'zone',
  'schema',
  'start',
  'driver',
  'suites',
  'evidence',
  'destroy',
] as const;
export type Step = (typeof STEPS)[number];

/** What a cell can end as; never mixed (docs/terminology.md). */
export type Outcome =
  'compatible' | 'incompatible' | 'known' | 'fixed' | 'flaky' | 'blocked' | 'not-built' | 'skipped' | 'interrupted';

/** Why a cell has no network, as a plain value that crosses processes. */
export interface StepFailure {
  readonly outcome: 'incompatible' | 'blocked' | 'not-built' | 'interrupted';
  readonly step: Step;
  /** What, which, why, what to do. */
  readonly message: string;
  /** The nodes' own words, most telling first. */
  readonly words?: readonly string[];
}

/** Outcomes that make the run fail. */
export function failsRun(outcome: Outcome): boolean {
  return outcome !== 'compatible' && outcome !== 'known' && outcome !== 'skipped';
}
