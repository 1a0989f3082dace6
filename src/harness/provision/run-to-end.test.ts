import { expect, test } from 'vitest';
import type { NodeExit } from '../providers/provider.ts';
import { type NodeStart, untilEnded } from './node-start.ts';

/** A program that says a line each time it is read, and has ended once it has said so many. */
function program(lines: number, ended: NodeExit): { readonly start: NodeStart; readonly said: () => string } {
  let said = '';
  const start: Partial<NodeStart> = {
    subject: 'party-a (4.10)',
    read: () => Promise.resolve((said += 'a line\n')),
    exit: () => (said.length >= lines * 'a line\n'.length ? ended : undefined),
  };
  return { start: start as NodeStart, said: () => said };
}

const signal = new AbortController().signal;
const KILLED: NodeExit = { code: null, signal: 'SIGKILL' };

test('how a program ended is told once all that it said was read', async () => {
  const { start, said } = program(2, KILLED);
  expect(await untilEnded(start, { what: 'migration', limit: 5000, signal })).toEqual(KILLED);
  expect(said()).toBe('a line\n'.repeat(3));
});

test('one that has not ended within the limit has no end', async () => {
  const { start } = program(Infinity, KILLED);
  expect(await untilEnded(start, { what: 'migration', limit: 120, signal })).toBeUndefined();
});

test('an interrupt ends the wait with its reason', async () => {
  const { start } = program(Infinity, KILLED);
  const interrupted = AbortSignal.abort(new Error('interrupted'));
  await expect(untilEnded(start, { what: 'migration', limit: 5000, signal: interrupted })).rejects.toThrow(
    'interrupted',
  );
});
