import type { Cell } from '../config/cell.ts';
import type { LeaseAnswer, TradeProgress } from '../lease/lease.ts';
import type { MetricSample } from '../judge/metrics.ts';
import { stepWords, type Step, type StepFailure, type StepPlace, blocked, toFailure } from '../support/step-error.ts';
import { createStepRunner } from '../plan/run-steps.ts';
import type { ReadyStep, StepReport, Timing, Problem } from '../plan/steps.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';
import type { Progress } from '../support/progress.ts';
import { deferred, unlessAborted } from '../support/wait.ts';
import type { MemoryGate } from './memory-gate.ts';
import type { ProvisionedCell, Provisioner } from '../provision/provisioner.ts';

/** A cell as the hub knows it, for the reports. */
export interface CellRecord {
  readonly cell: string;
  /** In the order of the cell. */
  readonly releases?: readonly ReleaseReport[];
  readonly failure?: StepFailure;
  readonly warnings?: readonly string[];
  readonly problems: readonly Problem[];
  readonly timings: readonly Timing[];
  /** The steps of the plan that were carried out. */
  readonly steps: readonly StepReport[];
  readonly metrics?: readonly MetricSample[];
}

export interface HubLimits {
  /** Milliseconds from the first lease to a network that answers, downloads and builds included. */
  readonly provision: number;
  /** Milliseconds to collect a cell's evidence. */
  readonly evidence: number;
}

export interface HubCellOptions {
  readonly cell: Cell;
  readonly provisioner: () => Promise<Provisioner>;
  readonly memory: MemoryGate;
  readonly limits: HubLimits;
  readonly progress: Progress;
  /** Aborted when the run is interrupted. */
  readonly interrupted: AbortSignal;
  /** Numbers of the cell's steps in the plan, in their order; counted from 1 where there is no plan. */
  readonly numbers?: () => readonly string[];
  readonly now?: () => number;
}

/** One cell's network, from the first lease to its release. */
export interface HubCell {
  /** Brings the network up at the first call; later calls get the same answer, be it a network or a failure. Never rejects. */
  lease(): Promise<LeaseAnswer>;
  /** The running network, or undefined. */
  network(): ProvisionedCell | undefined;
  /** This machine causes the failures of the suites: the cell is blocked, as by a lost node. The first reason decides. */
  block(why: Pick<StepFailure, 'message' | 'words'>): void;
  /** The suite or test that runs now. */
  suite(name: string): void;
  /** How far the operations of the suite are that runs now. */
  traded(progress: TradeProgress): void;
  /** Evidence, then removal; everything attempted, failures become problems. Once; later calls wait for it. Never rejects. */
  release(): Promise<void>;
  record(): CellRecord;
}

export function createHubCell(options: HubCellOptions): HubCell {
  const { cell, provisioner, memory, limits, progress, interrupted, numbers, now } = options;
  const say = (text: string): void => progress.say(text, cell.name);
  const runner = createStepRunner({ say, ...(numbers ? { numbers } : {}), ...(now ? { now } : {}) });
  const view = createTradeView(now);
  const problems: Problem[] = [];
  const stop = new AbortController();
  const suitesOver = deferred<void>();
  const answered = deferred<LeaseAnswer>();
  let releases: CellRecord['releases'];
  let warnings: readonly string[] = [];
  let failure: StepFailure | undefined;
  let life: Promise<void> | undefined;
  let network: ProvisionedCell | undefined;
  let released: Promise<void> | undefined;
  let metrics: readonly MetricSample[] = [];

  /** All steps of the cell, from the first to the last. Never rejects. */
  async function live(): Promise<void> {
    const onInterrupt = (): void => stop.abort(interrupted.reason);
    const timer = setTimeout(() => stop.abort(tooLate(cell, runner.current(), limits.provision)), limits.provision);
    const isOnItsWay = (): void => {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', onInterrupt);
    };
    if (interrupted.aborted) onInterrupt();
    interrupted.addEventListener('abort', onInterrupt, { once: true });
    const trade = async (up: ProvisionedCell): Promise<void> => {
      network = up;
      isOnItsWay();
      memory.settled(cell.name);
      say('network is up');
      runner.far(view.words);
      answered.resolve({ ok: true, lease: up.lease });
      await suitesOver.promise;
      noteLosses(up.losses?.() ?? []);
    };
    try {
      stop.signal.throwIfAborted();
      const maker = await unlessAborted(provisioner(), stop.signal);
      await memory.enter(cell.name, maker.estimateMb(cell), stop.signal);
      const context = {
        signal: stop.signal,
        releases: (known: readonly ReleaseReport[]) => void (releases = known),
        warn: (more: readonly string[]) => {
          warnings = [...warnings, ...more];
          for (const warning of more) say(`warning: ${warning}`);
        },
        say,
        far: (words: () => string) => runner.far(words),
        trade,
      };
      await runner.run(limited(maker.steps(cell, context), limits), {
        signal: stop.signal,
        unwind: cell.limits.teardown,
        onFailure: fail,
        onProblem: noteProblem,
      });
    } catch (error) {
      fail(failureAt('resolve', stop.signal.aborted ? stop.signal.reason : error));
    } finally {
      isOnItsWay();
      metrics = network?.metrics?.() ?? [];
      memory.leave(cell.name);
    }
  }

  function fail(why: StepFailure): void {
    failure ??= why;
    say(`${why.outcome}: ${stepWords(why)}: ${why.message}`);
    answered.resolve({ ok: false, failure: why });
  }

  function noteProblem(step: Step, error: unknown): void {
    const cause = error instanceof Error && error.cause instanceof AggregateError ? error.cause : error;
    const message = cause instanceof Error ? describe(cause) : String(cause);
    const at = placeOf(error);
    problems.push({ step, ...(at ? { at } : {}), message });
    say(`${stepWords({ step, ...(at ? { at } : {}) })} FAILED: ${message}`);
  }

  /** The first one decides the cell; with one node gone, others fail after it. */
  function noteLosses([first, ...others]: readonly StepFailure[]): void {
    const at = runner.current()?.place;
    failure ??= first && { ...first, ...(at && !first.at ? { at } : {}) };
    problems.push(...others.map(({ step, message }) => ({ step, message })));
    if (first) say(first.message);
  }

  async function undo(): Promise<void> {
    if (!life) return;
    suitesOver.resolve();
    if (!network) stop.abort(blocked('destroy', `${cell.name} was released before its network was up`));
    await life;
    stop.abort(blocked('destroy', `${cell.name} was released`));
  }

  return {
    lease: () => {
      if (released && !life) return Promise.resolve({ ok: false, failure: failure ?? gone(cell) });
      life ??= live();
      return answered.promise;
    },
    block: (why) => noteLosses([{ ...why, outcome: 'blocked', step: 'suites' }]),
    suite: view.suite,
    traded: view.traded,
    network: () => (released ? undefined : network),
    release: () => (released ??= undo()),
    record: () => ({
      cell: cell.name,
      ...(releases ? { releases } : {}),
      ...(failure ? { failure } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
      problems: [...problems],
      timings: runner.timings(),
      steps: runner.reports(),
      ...(metrics.length > 0 ? { metrics } : {}),
    }),
  };
}

/** Steps that have no limit of their own have the hub's: that of the way up, and that of evidence. */
function limited(steps: readonly ReadyStep[], { provision, evidence }: HubLimits): readonly ReadyStep[] {
  const up = steps.findIndex(({ id }) => id === 'suites');
  return steps.map((step, index) => {
    if (step.id === 'evidence') return { limit: evidence, ...step };
    return index < up ? { limit: provision, ...step } : step;
  });
}

/** An interruption does not know where it hit a cell. */
function failureAt(step: Step, error: unknown): StepFailure {
  const failure = toFailure(error, step);
  return failure.outcome === 'interrupted' ? { ...failure, step } : failure;
}

function placeOf(error: unknown): StepPlace | undefined {
  return error instanceof Error ? toFailure(error, 'destroy').at : undefined;
}

function gone(cell: Cell): StepFailure {
  return { outcome: 'blocked', step: 'suites', message: `${cell.name} was released before this lease was asked for` };
}

function tooLate(cell: Cell, current: { readonly id: Step } | undefined, limit: number): Error {
  const step = current?.id ?? 'resolve';
  return blocked(step, `the network of ${cell.name} was not up within ${limit / 1000} s; it was at step "${step}"`);
}

/** An AggregateError's own message seldom says what went wrong. */
function describe(error: Error): string {
  const parts = error instanceof AggregateError ? error.errors.map((one: unknown) => String(one)) : [];
  return [error.message, ...parts].filter((part) => part !== '').join('; ');
}

/** Progress of the suites that run, in words. */
export interface TradeView {
  /** The suite or test that runs from now on. */
  readonly suite: (name: string) => void;
  readonly traded: (progress: TradeProgress) => void;
  readonly words: () => string;
}

/** @param now milliseconds, monotonic */
export function createTradeView(now: () => number = () => performance.now()): TradeView {
  let running: { readonly name: string; readonly since: number } | undefined;
  let progress: TradeProgress | undefined;
  return {
    suite: (name) => {
      running = { name, since: now() };
      progress = undefined;
    },
    traded: (latest) => void (progress = latest),
    words: () => {
      const test = running && `${running.name} for ${Math.round((now() - running.since) / 1000)} s`;
      return [test, progress && inWords(progress)].filter((each) => each !== undefined).join('; ');
    },
  };
}

/** `530 of 2,000 operations, 3.9 a second, 2 failed, 4 in flight` */
function inWords({ done, total, failed, inFlight, tookMs }: TradeProgress): string {
  const of = total === undefined ? '' : ` of ${counted(total)}`;
  const rate = tookMs > 0 ? `, ${((1000 * done) / tookMs).toFixed(1)} a second` : '';
  return `${counted(done)}${of} operations${rate}, ${counted(failed)} failed, ${counted(inFlight)} in flight`;
}

function counted(number: number): string {
  return number.toLocaleString('en-US');
}
