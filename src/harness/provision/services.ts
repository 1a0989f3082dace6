import { join } from 'node:path';
import { type Step, blocked } from '../support/step-error.ts';
import { describeExit } from './node-start.ts';
import type { NodeExit, Provider, RunningNode, ServiceLaunch, Space } from '../providers/provider.ts';
import { waitUntil, WaitTimeout, type Seen } from '../support/wait.ts';

/** A service that was started, as those see it who wait for it. */
export interface StartedService {
  /** All that it has printed so far. */
  readonly said: () => Promise<string>;
  /** How it ended, in words; `undefined` while it runs. */
  readonly ended: () => string | undefined;
  /** Where its console is kept when its space is gone. */
  readonly log: string;
}

/** Where a service of a space is started. */
export interface ServiceHost {
  readonly provider: Provider;
  readonly space: Space;
  /** Folder of the cell's evidence. */
  readonly evidence: string;
  /** Called with each service that runs, for the watch on lost processes. */
  readonly onService?: (running: RunningNode) => void;
}

/** Starts a service of a space. */
export async function startService(launch: ServiceLaunch, host: ServiceHost): Promise<StartedService> {
  const { provider, space, evidence, onService } = host;
  const { service } = launch;
  const running = await provider.startService(space, launch);
  onService?.(running);
  let exit: NodeExit | undefined;
  void running.exited.then((ended) => (exit = ended));
  return {
    said: () => provider.logs(space, service),
    ended: () => (exit ? describeExit(exit) : undefined),
    log: join(evidence, service, 'console.log'),
  };
}

export interface ServiceStart extends StartedService {
  /** Name that `src/jvm` prints: `<word> listening on HOST:PORT` when it takes requests. */
  readonly word: 'driver' | 'doorman';
  readonly step: Step;
  /** Corda version of the jars it runs on, for messages. */
  readonly version: string;
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
