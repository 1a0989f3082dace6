import type { Cell } from '../domain/cell.ts';
import type { LeaseAnswer } from '../domain/lease.ts';
import type { MetricSample } from '../domain/metric.ts';
import type { Step, StepFailure } from '../domain/outcome.ts';
import { blocked, toFailure } from '../domain/step-error.ts';
import type { Problem, ReleaseReport, Timing } from '../report/run-report.ts';
import type { Progress } from '../support/progress.ts';
import { unlessAborted, withLimit } from '../support/with-limit.ts';
import type { MemoryGate } from './memory-gate.ts';
import { createPhaseClock } from './phase-clock.ts';
import type { ProvisionedCell, Provisioner } from './provisioner.ts';

/** What the hub knows of a cell, for the reports. */
export interface CellRecord {
  readonly cell: string;
  /** In the order of the cell. */
  readonly releases?: readonly ReleaseReport[];
  readonly failure?: StepFailure;
  readonly problems: readonly Problem[];
  readonly timings: readonly Timing[];
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
  readonly now?: () => number;
}

/** One cell's network, from the first lease to its release. */
export interface HubCell {
  /** Provisions at the first call; later calls get the same answer, be it a network or a failure. Never rejects. */
  lease(): Promise<LeaseAnswer>;
  /** The running network, or undefined. */
  network(): ProvisionedCell | undefined;
  /** What the suites see is this machine's doing: the cell is blocked, as by a node that died. The first one decides. */
  block(why: Pick<StepFailure, 'message' | 'words'>): void;
  /** Evidence, then release; everything attempted, failures become problems. Once; later calls wait for it. Never rejects. */
  release(): Promise<void>;
  record(): CellRecord;
}

export function createHubCell(options: HubCellOptions): HubCell {
  const { cell, provisioner, memory, limits, progress, interrupted } = options;
  const clock = createPhaseClock(options.now);
  const problems: Problem[] = [];
  const stop = new AbortController();
  let releases: CellRecord['releases'];
  let failure: StepFailure | undefined;
  let answer: Promise<LeaseAnswer> | undefined;
  let attempt: Promise<ProvisionedCell> | undefined;
  let network: ProvisionedCell | undefined;
  let released: Promise<void> | undefined;
  let metrics: readonly MetricSample[] = [];

  const watch = {
    step: (step: Step) => clock.enter(step),
    releases: (known: readonly ReleaseReport[]) => void (releases = known),
  };

  async function bringUp(signal: AbortSignal): Promise<ProvisionedCell> {
    const maker = await provisioner();
    await memory.enter(cell.name, maker.estimateMb(cell), signal);
    try {
      clock.enter('resolve');
      progress.say('resolving releases, Java and tools', cell.name);
      network = await maker.provision(cell, { signal, watch });
      memory.settled(cell.name);
      return network;
    } catch (error) {
      memory.leave(cell.name);
      throw error;
    }
  }

  async function provision(): Promise<LeaseAnswer> {
    const onInterrupt = (): void => stop.abort(interrupted.reason);
    const timer = setTimeout(() => stop.abort(tooLate(cell, clock.current(), limits.provision)), limits.provision);
    if (interrupted.aborted) onInterrupt();
    interrupted.addEventListener('abort', onInterrupt, { once: true });
    try {
      stop.signal.throwIfAborted();
      attempt = bringUp(stop.signal);
      const up = await unlessAborted(attempt, stop.signal);
      clock.enter('suites');
      progress.say('network is up', cell.name);
      return { ok: true, lease: up.lease };
    } catch (error) {
      clock.pause();
      // When aborted, what the abort was for tells more than the error it surfaced as.
      failure = failureAt(clock.current() ?? 'resolve', stop.signal.aborted ? stop.signal.reason : error);
      progress.say(`${failure.outcome} at ${failure.step}: ${failure.message}`, cell.name);
      return { ok: false, failure };
    } finally {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', onInterrupt);
    }
  }

  async function attemptStep(step: Step, limit: number, work: () => Promise<unknown>): Promise<void> {
    clock.enter(step);
    try {
      await withLimit(work(), { name: `${cell.name}: ${step}`, limit });
    } catch (error) {
      const message = error instanceof Error ? describe(error) : String(error);
      problems.push({ step, message });
      progress.say(`${step} FAILED: ${message}`, cell.name);
    }
  }

  /** The first one decides the cell; with one node gone, others fail after it. */
  function noteCasualties([first, ...others]: readonly StepFailure[]): void {
    failure ??= first;
    problems.push(...others.map(({ step, message }) => ({ step, message })));
    if (first) progress.say(first.message, cell.name);
  }

  async function undo(): Promise<void> {
    if (!attempt) return;
    stop.abort(blocked('destroy', `${cell.name} was released before its network was up`));
    const unwinding = attempt.catch(() => undefined);
    if (!network) await attemptStep('destroy', cell.limits.teardown, () => unwinding);
    const running = network;
    if (running) {
      noteCasualties(running.casualties?.() ?? []);
      progress.say(running.ending ?? 'removing the network', cell.name);
      await attemptStep('evidence', limits.evidence, () => running.collectEvidence());
      metrics = running.metrics?.() ?? [];
      await attemptStep('destroy', cell.limits.teardown, () => running.release());
    }
    memory.leave(cell.name);
    clock.pause();
  }

  return {
    lease: () => {
      if (released && !answer) return Promise.resolve({ ok: false, failure: failure ?? gone(cell) });
      return (answer ??= provision());
    },
    block: (why) => noteCasualties([{ ...why, outcome: 'blocked', step: 'suites' }]),
    network: () => (released ? undefined : network),
    release: () => (released ??= undo()),
    record: () => ({
      cell: cell.name,
      ...(releases ? { releases } : {}),
      ...(failure ? { failure } : {}),
      problems: [...problems],
      timings: clock.timings(),
      ...(metrics.length > 0 ? { metrics } : {}),
    }),
  };
}

/** An interruption does not know where it hit a cell. */
function failureAt(step: Step, error: unknown): StepFailure {
  const failure = toFailure(error, step);
  return failure.outcome === 'interrupted' ? { ...failure, step } : failure;
}

function gone(cell: Cell): StepFailure {
  return { outcome: 'blocked', step: 'suites', message: `${cell.name} was released before this lease was asked for` };
}

function tooLate(cell: Cell, step: Step | undefined, limit: number): Error {
  return blocked(
    step ?? 'resolve',
    `the network of ${cell.name} was not up within ${limit / 1000} s; it was at step "${step ?? 'resolve'}"`,
  );
}

/** An AggregateError's own message seldom says what went wrong. */
function describe(error: Error): string {
  const parts = error instanceof AggregateError ? error.errors.map((one: unknown) => String(one)) : [];
  return [error.message, ...parts].filter((part) => part !== '').join('; ');
}
