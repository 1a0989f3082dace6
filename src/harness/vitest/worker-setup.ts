import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { takeLease, takeTurn } from '../run/lease-client.ts';
import type { Turn } from '../run/lease-client.ts';
import { NO_NETWORK } from './no-network.ts';

/** Longer than anything the hub allows itself: it is the hub that keeps the limits of provisioning, and says why. */
const LONGEST = 24 * 60 * 60_000;

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
 * A terminal signals the whole group: the main process decides what happens, and tells us. But when the main process is
 * gone, nobody else will end us, nor remove its socket.
 */
function outliveSignals(): void {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    if (process.listenerCount(signal) === 0) process.on(signal, () => undefined);
  }
  if (process.listenerCount('disconnect') > 0) return;
  process.on('disconnect', () => {
    rmSync(dirname(access.socket), { recursive: true, force: true });
    process.kill(process.pid, 'SIGKILL');
  });
}
