import { expect, test } from 'vitest';
import { parseSections } from './manifest.ts';

const TEXT =
  'Manifest-Version: 1.0\r\nLong: one\r\n  two\r\n three\r\nEmpty: \r\n\r\nName: a.class\r\nOther: x\r\n\r\n';

test.each(['\r\n', '\n', '\r'])('folded lines are joined, sections kept apart, lines ending with %j', (end) => {
  const text = TEXT.replaceAll('\r\n', end);
  const [main, entry, ...more] = parseSections(Buffer.from(text));
  expect([...(main?.attributes ?? [])]).toEqual([
    ['Manifest-Version', '1.0'],
    ['Long', 'one twothree'],
    ['Empty', ''],
  ]);
  expect(entry?.attributes.get('Other')).toBe('x');
  expect(more).toEqual([]);
  expect(Buffer.concat([main?.raw ?? Buffer.alloc(0), entry?.raw ?? Buffer.alloc(0)]).toString()).toBe(text);
});

test('a line may end within a letter', () => {
  const letter = Buffer.from('é');
  const parts = [Buffer.from('Name: caf'), letter.subarray(0, 1), Buffer.from('\r\n '), letter.subarray(1)];
  expect(parseSections(Buffer.concat([...parts, Buffer.from('\r\n')]))[0]?.attributes.get('Name')).toBe('café');
});
