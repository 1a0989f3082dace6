import { constants } from 'node:os';
import type { Vitest } from 'vitest/node';
import { withLimit } from '../support/wait.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** Milliseconds. */
const UNWINDING = 5_000;

/** Error codes of a message to a worker that has ended. */
const GONE: readonly string[] = ['ERR_IPC_CHANNEL_CLOSED', 'EPIPE', 'ECONNRESET'];

/** `npx` passes on what the terminal has sent to the whole group already: one Ctrl-C arrives twice within milliseconds. */
const SAME_KEYSTROKE = 400;

export interface SignalOptions {
  /** Begins at the first signal; the process leaves when it is done. */
  readonly onFirst: (signal: StopSignal) => Promise<void>;
  readonly onSecond: (signal: StopSignal) => void;
  /** The least to do if vitest cannot end in order any more. */
  readonly finish: () => Promise<void>;
}

/**
 * Replaces all listeners of SIGINT, SIGTERM and SIGHUP: vitest's would end the process at once, with networks up. The first
 * signal stops in order and exits with 128+n, the second exits at once.
 */
export function takeOverSignals({ onFirst, onSecond, finish }: SignalOptions): void {
  let first: number | undefined;
  const leaveAfter = (work: Promise<void>, code: number): void => {
    work.finally(() => process.exit(code)).catch(() => undefined);
  };
  const handle = (signal: StopSignal): void => {
    const code = 128 + constants.signals[signal];
    if (first === undefined) {
      first = performance.now();
      process.exitCode = code;
      // A worker that the signal has killed before it could ignore it makes vitest leave with 1.
      process.once('exit', () => (process.exitCode = code));
      process.on('uncaughtException', (error) => {
        if (!isOfGoneWorker(error)) throw error;
        // The interrupted work still unwinds.
        const unwound = () =>
          withLimit(stopping, { name: 'stopping in order', limit: UNWINDING }).catch(() => undefined);
        leaveAfter(finish().then(unwound), code);
      });
      const stopping = onFirst(signal);
      leaveAfter(stopping, code);
    } else if (performance.now() - first > SAME_KEYSTROKE) {
      onSecond(signal);
      process.exit(code);
    }
  };
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, () => handle(signal));
  }
}

/**
 * A terminal sends its signal to workers as well. If a worker has only begun, its end is an event without a listener in vitest, and
 * vitest would wait for it.
 */
function isOfGoneWorker({ message, code = '' }: NodeJS.ErrnoException): boolean {
  return message === 'Worker exited unexpectedly' || GONE.includes(code);
}

/** Milliseconds that workers have to unwind their fixtures. */
const GRACE = 10_000;
const FORCED = 5_000;

/**
 * Ends a run in order: running tests are aborted, workers unwind, then the global teardown removes everything.
 * @param finish the least to do. If a terminal's signal kills a worker before it has begun, vitest waits a minute for it, and so does
 * its end in order
 */
export async function stopRun(vitest: Vitest, finish: () => Promise<void>): Promise<void> {
  const cancelled = async (name: string, limit: number): Promise<boolean> => {
    const cancelling = vitest.cancelCurrentRun('keyboard-input');
    return await withLimit(cancelling, { name, limit }).then(
      () => true,
      () => false,
    );
  };
  // Asked a second time, vitest kills workers that do not listen.
  const isOver = (await cancelled('cancelling the run', GRACE)) || (await cancelled('killing the workers', FORCED));
  await (isOver ? vitest.close() : finish());
}
