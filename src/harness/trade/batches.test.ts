import { expect, test } from 'vitest';
import { Batches } from './journal.ts';

/** A disk that takes a batch only when it is told to. */
function slowDisk() {
  const written: string[][] = [];
  const waiting: { readonly done: () => void; readonly fail: (error: Error) => void }[] = [];
  const write = (lines: readonly string[]): Promise<void> => {
    written.push([...lines]);
    return new Promise((done, fail) => waiting.push({ done, fail }));
  };
  const next = async (end: 'done' | 'fail' = 'done'): Promise<void> => {
    const one = waiting.shift();
    if (end === 'done') one?.done();
    else one?.fail(new Error('the disk is full'));
    await new Promise(setImmediate);
  };
  return { batches: new Batches(write), written, next };
}

test('what comes while a batch is written makes the next one', async () => {
  const { batches, written, next } = slowDisk();
  const first = batches.add('1');
  await new Promise(setImmediate);
  const others = ['2', '3', '4'].map((line) => batches.add(line));
  await new Promise(setImmediate);
  expect(written).toEqual([['1']]);
  await next();
  await first;
  expect(written).toEqual([['1'], ['2', '3', '4']]);
  await next();
  await Promise.all(others);
});

test('a line is not written before its batch is', async () => {
  const { batches, next } = slowDisk();
  let isWritten = false;
  const adding = batches.add('1').then(() => (isWritten = true));
  await new Promise(setImmediate);
  expect(isWritten).toBe(false);
  await next();
  await adding;
});

test('a batch that cannot be written fails for all of its lines, and for no other', async () => {
  const { batches, written, next } = slowDisk();
  const [first, second] = [batches.add('1'), batches.add('2')];
  const failures = Promise.allSettled([first, second]);
  await new Promise(setImmediate);
  const third = batches.add('3');
  await next('fail');
  expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await next();
  await third;
  expect(written).toEqual([['1', '2'], ['3']]);
});
