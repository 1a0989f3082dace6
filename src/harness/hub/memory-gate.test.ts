import { expect, test } from 'vitest';
import { createMemoryGate } from './memory-gate.ts';

const signal = new AbortController().signal;

test('the only network is never held back', async () => {
  const gate = createMemoryGate({ freeMb: () => 1, limit: 0 });
  await expect(gate.enter('a', 3000, signal)).resolves.toBeUndefined();
});

test('a network that is still coming up counts with what it was promised', async () => {
  const gate = createMemoryGate({ freeMb: () => 5000, limit: 0 });
  await gate.enter('a', 3000, signal);
  await expect(gate.enter('b', 3000, signal)).rejects.toThrow(
    '3000 MB of memory for b: not within 0 s; last seen: 2000 MB free beside a',
  );
  gate.settled('a');
  await expect(gate.enter('b', 3000, signal)).resolves.toBeUndefined();
});

test('waits until the others have left', async () => {
  const gate = createMemoryGate({ freeMb: () => 1000, limit: 60_000 });
  await gate.enter('a', 3000, signal);
  const waiting = gate.enter('b', 3000, signal);
  gate.leave('a');
  await expect(waiting).resolves.toBeUndefined();
});

test('gives up when the run does', async () => {
  const stop = new AbortController();
  const gate = createMemoryGate({ freeMb: () => 1000, limit: 60_000 });
  await gate.enter('a', 3000, signal);
  const waiting = gate.enter('b', 3000, stop.signal);
  stop.abort(new Error('SIGINT'));
  await expect(waiting).rejects.toThrow();
});
