import type { Step } from '../domain/outcome.ts';
import type { Timing } from './steps.ts';

/** Times the steps of one cell: a step lasts until the next one begins. A step entered twice counts both times. */
export interface PhaseClock {
  enter(step: Step): void;
  /** Nothing is going on. */
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
