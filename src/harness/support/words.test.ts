import { expect, test } from 'vitest';
import { jvmWords, lastLine, messageOf, seconds, tellingLines } from './words.ts';

test('errors come first; stacks, banners and what libraries say do not come', () => {
  const output = [
    'SLF4J: Class path contains multiple bindings',
    '/ /___  /_/ / /  / /_/ / /_/ /          just... pass the buck',
    'Running database schema migration scripts ...',
    '[ERROR] 16:15:17 [main] - Exception during node startup: no parameters',
    '\tat net.corda.node.Corda.main(Corda.kt)',
    '\t... 3 more',
  ].join('\n');
  expect(jvmWords(output)).toEqual([
    '[ERROR] 16:15:17 [main] - Exception during node startup: no parameters',
    'Running database schema migration scripts ...',
  ]);
});

test('an error gives its message; any other value that was thrown is its text', () => {
  expect(messageOf(new Error('why'))).toBe('why');
  expect(messageOf('thrown')).toBe('thrown');
});

test('times in seconds, as exact as asked for', () => {
  expect([seconds(1500), seconds(1_234, 1), seconds(60_000, 0)]).toEqual(['1.5 s', '1.2 s', '60 s']);
});

test('the last line that says something', () => {
  expect(lastLine('one\r\n\u001b[31mtwo\u001b[0m\n \n')).toBe('two');
  expect(lastLine('\n')).toBe('');
});

test('lines that tell, or else the last ones', () => {
  const lines = ['error: a', 'b', 'error: c', 'd'];
  expect(tellingLines(lines, { telling: /^error/, most: 1 })).toEqual(['error: c']);
  expect(tellingLines(lines, { telling: /^fatal/, most: 2 })).toEqual(['error: c', 'd']);
});
