import { describe, expect, test } from 'vitest';
import { findRef, nearRefs, parseListing } from './refs.ts';

const sha = (digit: string): string => digit.repeat(40);
const LISTING = parseListing(
  [
    [sha('1'), 'HEAD'],
    [sha('1'), 'refs/heads/main'],
    [sha('2'), 'refs/heads/both'],
    [sha('3'), 'refs/tags/both'],
    [sha('4'), 'refs/heads/release/os/4.12'],
    [sha('a'), 'refs/tags/annotated'],
    [sha('5'), 'refs/tags/annotated^{}'],
    [sha('6'), 'refs/heads/same'],
    [sha('6'), 'refs/tags/same'],
    [sha('7'), 'refs/heads/abcdef1'],
    [sha('8'), 'refs/tags/release-os-4.12'],
    [sha('9'), 'refs/pull/1/head'],
  ]
    .map((line) => line.join('\t'))
    .join('\n'),
  'now',
);

describe('a ref', () => {
  test.each([
    ['main', 'refs/heads/main', '1'],
    ['HEAD', 'HEAD', '1'],
    ['origin', 'HEAD', '1'],
    ['origin/main', 'refs/heads/main', '1'],
    ['origin/HEAD', 'HEAD', '1'],
    ['heads/both', 'refs/heads/both', '2'],
    ['refs/heads/both', 'refs/heads/both', '2'],
    ['refs/remotes/origin/both', 'refs/heads/both', '2'],
    ['tags/both', 'refs/tags/both', '3'],
    ['release/os/4.12', 'refs/heads/release/os/4.12', '4'],
    ['annotated', 'refs/tags/annotated', '5'],
    ['annotated^{}', 'refs/tags/annotated', '5'],
    ['annotated^{commit}', 'refs/tags/annotated', '5'],
    ['same', 'refs/tags/same', '6'],
    ['abcdef1', 'refs/heads/abcdef1', '7'],
    ['pull/1/head', 'refs/pull/1/head', '9'],
  ])('%s is %s', (ref, name, digit) => {
    expect(findRef(ref, LISTING)).toEqual({ name, commit: sha(digit) });
  });

  test('of a tag and a branch is the tag, which is said', () => {
    const found = findRef('both', LISTING);
    expect(found).toMatchObject({ name: 'refs/tags/both', commit: sha('3') });
    expect(found?.warning).toMatch(/ambiguous: refs\/tags\/both \(3{10}\) and refs\/heads\/both \(2{10}\)/);
  });

  test('that is a full SHA is that commit, listed or not', () => {
    expect(findRef(sha('C'), LISTING)).toEqual({ name: sha('c'), commit: sha('c') });
  });

  test.each(['mian', 'constructor', '1111111', 'tags/main', ''])('%j is none', (ref) => {
    expect(findRef(ref, LISTING)).toBeUndefined();
  });
});

test('near names: the nearest first, tags and branches only', () => {
  expect(nearRefs('mian', LISTING)).toEqual(['main']);
  expect(nearRefs('4.12', LISTING)).toEqual(['release-os-4.12', 'release/os/4.12']);
  expect(nearRefs('release/os/4.21', LISTING)[0]).toBe('release/os/4.12');
  expect(nearRefs('zzz', LISTING)).toEqual([]);
});
