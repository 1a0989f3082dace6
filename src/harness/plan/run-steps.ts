import { type Step, type StepFailure, type StepPlace, StepError, toFailure } from '../support/step-error.ts';
import { keepWaits, type Waits, unlessAborted, withLimit } from '../support/wait.ts';
import type { ReadyStep, StepReport, Timing } from './steps.ts';

/** Least time between two progress lines of a step, in milliseconds. */
const TELL_EVERY_MS = 5000;

export interface StepsOptions {
  readonly say: (text: string) => void;
  /**
   * Numbers of the plan by place in the list, read when the list begins. Steps that the plan does not have are
   * counted from 1.
   */
  readonly numbers?: () => readonly string[];
  /** Milliseconds between lines; for tests. */
  readonly every?: number;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

export interface RunOptions {
  /** Once aborted, only steps that always run begin. */
  readonly signal: AbortSignal;
  /** Milliseconds that a step has to end when it was aborted. */
  readonly unwind: number;
  /** Called with the first failure, before the steps that always run. */
  readonly onFailure: (failure: StepFailure) => void;
  /** Called with every failure of a step that always runs. */
  readonly onProblem: (step: Step, error: unknown) => void;
}

/** Carries out a list of steps, and answers about it meanwhile. */
export interface StepRunner {
  /** Carries out the steps in order, each once. Never rejects. */
  run(steps: readonly ReadyStep[], options: RunOptions): Promise<void>;
  /** The step that began last, without those that go on meanwhile. */
  current(): { readonly id: Step; readonly place: StepPlace } | undefined;
  /** Sets the words for the progress of that step, which the runner asks for while it lasts. */
  far(words: () => string): void;
  timings(): Timing[];
  /** In the order in which they ended. */
  reports(): readonly StepReport[];
}

/**
 * Carries out lists of steps: prints progress, counts the seconds, and adds the step and its number to every failure.
 */
export function createStepRunner(options: StepsOptions): StepRunner {
  const { say, numbers = () => [], every = TELL_EVERY_MS, now = () => performance.now() } = options;
  const clock = createPhaseClock(now);
  const reports: StepReport[] = [];
  let current: { readonly id: Step; readonly place: StepPlace } | undefined;
  let howFar: (() => string) | undefined;

  async function carryOut(step: ReadyStep, place: StepPlace): Promise<void> {
    const began = now();
    const startedAt = new Date().toISOString();
    say(`${place.number} ${step.name}${step.meanwhile ? ', meanwhile' : ''}`);
    const { waits, done } = keepWaits(() => step.run());
    const { limit } = step;
    const tell = (): void => {
      const far = step.meanwhile ? '' : (howFar?.() ?? '');
      const words = [elapsed(step.name, now() - began, limit), far, waitsFor(waits)];
      say(`${place.number} ${words.filter((each) => each !== '').join('; ')}`);
    };
    const ticker = setInterval(tell, every).unref();
    let failed: true | undefined;
    try {
      const name = `step ${place.number} ${step.name}`;
      await (step.always && limit !== undefined ? withLimit(done, { name, limit }) : done);
    } catch (error) {
      failed = true;
      throw placed(error, step.id, place);
    } finally {
      clearInterval(ticker);
      const tookMs = Math.round(now() - began);
      reports.push({
        ...place,
        phase: step.id,
        startedAt,
        tookMs,
        waits: [...waits.names],
        ...(failed ? { failed } : {}),
      });
    }
  }

  async function run(steps: readonly ReadyStep[], { signal, unwind, onFailure, onProblem }: RunOptions): Promise<void> {
    let failed = false;
    const known = numbers();
    for (const [index, step] of steps.entries()) {
      const place = { number: known[index] ?? String(index + 1), name: step.name };
      if (step.always ? !step.always() : failed) continue;
      if (!step.meanwhile) {
        current = { id: step.id, place };
        howFar = undefined;
        clock.enter(step.id);
      }
      try {
        if (step.always) await carryOut(step, place);
        else await begin(step, place);
      } catch (error) {
        if (step.always) onProblem(step.id, error);
        else fail(error);
      }
    }
    clock.pause();

    async function begin(step: ReadyStep, place: StepPlace): Promise<void> {
      signal.throwIfAborted();
      const work = carryOut(step, place);
      work.catch(() => undefined);
      if (step.meanwhile) return;
      await unlessAborted(work, signal).catch(async (error: unknown) => {
        fail(error);
        // A stopped step undoes its work so far.
        const unwound = work.then(
          () => undefined,
          () => undefined,
        );
        const name = `step ${place.number} ${step.name} to end when it was stopped`;
        await withLimit(unwound, { name, limit: unwind }).catch((late: unknown) => onProblem('destroy', late));
      });
    }

    function fail(error: unknown): void {
      if (failed) return;
      failed = true;
      // After an abort, the abort's reason tells more than the error that it caused.
      const cause: unknown = signal.aborted ? signal.reason : error;
      const { id, place } = current ?? { id: 'resolve' as const, place: undefined };
      onFailure(toFailure(place ? placed(cause, id, place) : cause, id));
    }
  }

  return {
    run,
    current: () => current,
    far: (words) => void (howFar = words),
    timings: () => clock.timings(),
    reports: () => [...reports],
  };
}

/** A failure of a step that goes on meanwhile comes again from the step that waits for it. */
const told = new WeakMap<object, StepError>();

/** The same error with its step's number: that of the first step it passes. */
function placed(error: unknown, step: Step, at: StepPlace): StepError {
  if (error instanceof StepError && error.failure.at) return error;
  const before = typeof error === 'object' && error !== null ? told.get(error) : undefined;
  if (before) return before;
  const made = new StepError({ ...toFailure(error, step), step, at }, { cause: error });
  // An abort hits several steps with one reason.
  if (typeof error === 'object' && error !== null && made.failure.outcome !== 'interrupted') told.set(error, made);
  return made;
}

function elapsed(name: string, ms: number, limit: number | undefined): string {
  const seconds = Math.round(ms / 1000);
  return `${name}: ${seconds} s${limit === undefined ? '' : ` of ${Math.round(limit / 1000)} s`}`;
}

/** The first few waits: all nodes of a mixed cell would fill a page. */
function waitsFor({ open }: Waits): string {
  const shown = [...open]
    .slice(0, 3)
    .map(({ name, last }) => (last === undefined ? name : `${name} (seen: ${short(last)})`));
  if (shown.length === 0) return '';
  const more = open.size - shown.length;
  return `waits for ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function short(text: string): string {
  const LONGEST = 60;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** Times the steps of one cell: a step lasts until the next one begins. A step entered twice counts both times. */
export interface PhaseClock {
  enter(step: Step): void;
  /** No step is running. */
  pause(): void;
  /** The step that was entered last. */
  current(): Step | undefined;
  /** In the order in which steps were first entered. */
  timings(): Timing[];
}

/** @param now milliseconds, monotonic */
export function createPhaseClock(now: () => number = () => performance.now()): PhaseClock {
  const spent = new Map<Step, number>();
  let running: { step: Step; since: number } | undefined;
  let latest: Step | undefined;

  const pause = (): void => {
    if (running) spent.set(running.step, (spent.get(running.step) ?? 0) + now() - running.since);
    running = undefined;
  };
  return {
    pause,
    enter: (step) => {
      pause();
      if (!spent.has(step)) spent.set(step, 0);
      running = { step, since: now() };
      latest = step;
    },
    current: () => latest,
    timings: () => {
      const soFar = (step: Step, ms: number): number => (running?.step === step ? ms + now() - running.since : ms);
      return [...spent].map(([phase, ms]) => ({ phase, tookMs: Math.round(soFar(phase, ms)) }));
    },
  };
}
