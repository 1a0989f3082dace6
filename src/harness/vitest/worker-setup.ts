import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { takeLease, takeTurn, type Turn } from '../lease/lease-client.ts';
import { NO_NETWORK } from './no-network.ts';

/** Longer than anything the hub allows itself: it is the hub that keeps the limits of provisioning, and says why. */
const LONGEST = 24 * 60 * 60_000;

/** The worker keeps this name from file to file, while each file evaluates this module anew. */
const LEAVES = Symbol.for('corda-compat: the worker ends with the main process');

/** Run by vitest before every suite file, in the worker. */
const access = inject('compat');
outliveSignals();
let turn: Turn | undefined;

beforeAll(async () => {
  turn = await takeTurn(access);
  const answer = await takeLease(access);
  if (answer.ok) return;
  const { step, message, words = [] } = answer.failure;
  const error = new Error([`${access.brief.name} has no network (${step}): ${message}`, ...words].join('\n'));
  error.name = NO_NETWORK;
  throw error;
}, LONGEST);

afterAll(() => turn?.end());

/**
 * A terminal signals the whole group: the main process decides and tells the workers. When the main process is gone,
 * nothing else ends this worker or removes its socket.
 */
function outliveSignals(): void {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    if (process.listenerCount(signal) === 0) process.on(signal, () => undefined);
  }
  const worker = process as NodeJS.Process & { [LEAVES]?: true };
  if (worker[LEAVES]) return;
  worker[LEAVES] = true;
  // Before vitest's own listener, which may end the process: the count of listeners says nothing about ours.
  process.prependListener('disconnect', () => {
    rmSync(dirname(access.socket), { recursive: true, force: true });
    process.kill(process.pid, 'SIGKILL');
  });
}
