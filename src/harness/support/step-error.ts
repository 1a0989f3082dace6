import { messageOf } from './words.ts';

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

/** The number and name of a step in the printed plan: `4.3`, `make the tables`. */
export interface StepPlace {
  readonly number: string;
  readonly name: string;
}

/** Why a cell has no network, as a plain value that crosses processes. */
export interface StepFailure {
  readonly outcome: 'incompatible' | 'blocked' | 'not-built' | 'interrupted';
  readonly step: Step;
  /** Its place in the plan; absent if no step of the plan was going on. */
  readonly at?: StepPlace;
  /** The failure, its object, its reason, and the remedy. */
  readonly message: string;
  /** Log lines of the nodes, the most useful ones first. */
  readonly words?: readonly string[];
}

/** `step 4.3 make the tables`, or the step's kind where no step of the plan was going on. */
export function stepWords({ step, at }: Pick<StepFailure, 'step' | 'at'>): string {
  return at ? `step ${at.number} ${at.name}` : step;
}

/** An error that knows how its cell ends. Everything below `run/` throws these; `run/` turns them into outcomes. */
export class StepError extends Error {
  readonly failure: StepFailure;

  constructor(failure: StepFailure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'StepError';
    this.failure = failure;
  }
}

type FailureOptions = ErrorOptions & Pick<StepFailure, 'words'>;

const failing =
  (outcome: StepFailure['outcome']) =>
  (step: Step, message: string, { words, ...options }: FailureOptions = {}): StepError =>
    new StepError({ outcome, step, message, ...(words ? { words } : {}) }, options);

/** Infrastructure: says nothing about the releases. */
export const blocked = failing('blocked');
/** A release, a CorDapp or a tool could not be obtained or built. */
export const notBuilt = failing('not-built');
/** The releases themselves refuse each other. */
export const incompatible = failing('incompatible');

/** For what only a mistake of the harness itself can lead to. */
export function bug(what: string): never {
  throw new Error(`This is a bug in the harness: ${what}.`);
}

/** Any error as a failure. An error without a class is infrastructure. */
export function toFailure(error: unknown, step: Step): StepFailure {
  if (isStepError(error)) return error.failure;
  return { outcome: 'blocked', step, message: messageOf(error) };
}

/** By its name as well: a provisioner of the user's own, named in vitest.config.ts, has another instance of this module. */
function isStepError(error: unknown): error is StepError {
  return error instanceof StepError || (error instanceof Error && error.name === 'StepError' && 'failure' in error);
}
