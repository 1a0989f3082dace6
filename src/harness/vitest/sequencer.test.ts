import { expect, test } from 'vitest';
import { compareFiles, shardOf } from './sequencer.ts';

test('groups one after the other, cells of a group suite by suite', () => {
  const files = ['a+b', 'c+d', 'e+f'].flatMap((cell, index) =>
    ['vault', 'issue'].map((name) => ({ group: index < 2 ? 1 : 2, cell, file: `/p/${name}.test.ts` })),
  );
  expect(files.sort(compareFiles).map(({ cell, file }) => `${cell} ${file}`)).toEqual([
    'a+b /p/issue.test.ts',
    'c+d /p/issue.test.ts',
    'a+b /p/vault.test.ts',
    'c+d /p/vault.test.ts',
    'e+f /p/issue.test.ts',
    'e+f /p/vault.test.ts',
  ]);
});

test('shards deal whole cells: each once, none left', () => {
  const cells = ['a', 'b', 'c', 'd', 'e'];
  const shards = [1, 2, 3].map((index) => [...shardOf(cells, { index, count: 3 })]);
  expect(shards).toEqual([['a', 'd'], ['b', 'e'], ['c']]);
  expect([...shardOf(cells, undefined)]).toEqual(cells);
});
