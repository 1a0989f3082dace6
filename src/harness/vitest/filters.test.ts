import { expect, test } from 'vitest';
import { refuseNumbers } from './filters.ts';

const VITEST = ['node', 'vitest.mjs', 'run'];

test.each([
  [
    ['--project', '4.8'],
    `--project 4.8 as the name of a cell (seen: the number 4.8). Name a cell with its "+", or use a pattern: --project '*4.8*'.`,
  ],
  [['--project=4.10'], `--project 4.10 as the name of a cell (seen: the number 4.1)`],
  [['--project', '4.8+4.10', '--project', '4.8'], `--project 4.8 as the name of a cell`],
  [['-t', '4.10'], `-t 4.10 as text (seen: the number 4.1). Write it as a pattern: -t '4[.]10'.`],
  [
    ['--testNamePattern=4.0'],
    `--testNamePattern 4.0 as text (seen: the number 4). Write it as a pattern: --testNamePattern '4[.]0'.`,
  ],
  [['--test-name-pattern', '4.10'], `--test-name-pattern 4.10 as text`],
])('%j is refused', (args, words) => {
  expect(() => refuseNumbers([...VITEST, ...args])).toThrow(`vitest failed to take ${words}`);
});

test.each([
  [['--project', '4.8+4.10', '-t', 'the money arrives']],
  [['--project', '*4.10*']],
  [['-t', '4[.]10']],
  [['-t', '4.8']],
  [['-t']],
  [['--retry', '10', 'suites/4.10']],
])('%j is taken', (args) => {
  expect(() => refuseNumbers([...VITEST, ...args])).not.toThrow();
});

test('the options of another program that runs vitest are its own', () => {
  expect(() => refuseNumbers(['node', '/usr/bin/other', '-t', '4.10'])).not.toThrow();
});
