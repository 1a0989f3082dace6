import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { holderOfPort, holdPort, isPortFree, parsePortRange } from './ports.ts';

const PORT = 28_600;

test('a held port is free for no process until it is released', async () => {
  const held = await holdPort(PORT);
  expect(held?.port).toBe(PORT);
  expect(await holdPort(PORT)).toBeUndefined();
  expect(await holderOfPort(PORT)).toBe(process.pid);
  await held?.release();
  expect(await isPortFree(PORT)).toBe(true);
  expect(await holderOfPort(PORT)).toBeUndefined();
});

test('a port that a process has on all interfaces is not free', async () => {
  const server = createServer().listen(PORT + 1);
  await once(server, 'listening');
  expect(await isPortFree(PORT + 1)).toBe(false);
  server.close();
});

test('a range is read', () => {
  expect(parsePortRange(' 21000-21099 ')).toEqual({ first: 21_000, last: 21_099 });
});

test.each(['', '21000', '21000-', '1000-2000', '60000-70000', '3000-2000', 'a-b'])('no range: %s', (text) => {
  expect(() => parsePortRange(text)).toThrow(/21000-21099/);
});
