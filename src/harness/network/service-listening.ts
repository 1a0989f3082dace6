import type { Step } from '../domain/outcome.ts';
import { blocked } from '../domain/step-error.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';

export interface ServiceStart {
  /** What `src/jvm` calls itself: it prints `<word> listening on HOST:PORT` when it takes requests. */
  readonly word: 'driver' | 'doorman';
  readonly step: Step;
  /** Corda version of the jars it runs on, for messages. */
  readonly version: string;
  /** All that it has printed so far. */
  readonly said: () => Promise<string>;
  /** How it ended, in words; `undefined` while it runs. */
  readonly ended: () => string | undefined;
  /** Where its console can be read afterwards, for messages. */
  readonly log: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Waits until a service takes requests. @throws StepError blocked with the service's own words */
export async function serviceListens(start: ServiceStart): Promise<void> {
  const { word, step, version, said, ended, log, limit, signal } = start;
  const subject = `${word} (${version})`;
  const listening = new RegExp(`^${word} listening on \\S+$`, 'm');
  const probe = async (): Promise<Seen<void>> => {
    // Asked before its words are read: whatever it said while it ended is in them.
    const end = ended();
    const text = await said();
    if (end === undefined && listening.test(text)) return { done: true, value: undefined };
    const words = text.trim().split('\n');
    if (end !== undefined) {
      throw blocked(step, `${subject} ended (${end}): “${words[0] || '(nothing)'}”; log: ${log}`, { words });
    }
    return { done: false, last: words.at(-1) || 'nothing on its console' };
  };
  try {
    await waitUntil(probe, { name: `start of the ${subject}`, limit, every: 25, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw blocked(step, `${error.message}; log: ${log}`, { cause: error });
    throw error;
  }
}
