import { blocked } from '../domain/step-error.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait-until.ts';

/** Printed by src/jvm/driver's Main. */
const LISTENING = /^driver listening on \S+$/m;

export interface DriverStart {
  /** For messages: `driver (4.5)`. */
  readonly subject: string;
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

/** Waits until a driver takes requests. @throws StepError blocked (driver) with the driver's own words */
export async function driverListens({ subject, said, ended, log, limit, signal }: DriverStart): Promise<void> {
  const probe = async (): Promise<Seen<void>> => {
    // Asked before its words are read: whatever it said while it ended is in them.
    const end = ended();
    const text = await said();
    if (end === undefined && LISTENING.test(text)) return { done: true, value: undefined };
    const words = text.trim().split('\n');
    if (end !== undefined) {
      throw blocked('driver', `${subject} ended (${end}): “${words[0] || '(nothing)'}”; log: ${log}`, { words });
    }
    return { done: false, last: words.at(-1) || 'nothing on its console' };
  };
  try {
    await waitUntil(probe, { name: `start of the ${subject}`, limit, every: 25, signal });
  } catch (error) {
    if (error instanceof WaitTimeout) throw blocked('driver', `${error.message}; log: ${log}`, { cause: error });
    throw error;
  }
}
