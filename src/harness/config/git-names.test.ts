import { expect, test } from 'vitest';
import { isFullSha, isRepositoryUrl, shortSha, shownRepository } from './release.ts';

test.each([
  ['https://example.org/corda.git', true],
  ['ssh://git@example.org/corda.git', true],
  ['file:///srv/corda.git', true],
  ['git@example.org:corda/corda.git', true],
  ['example.org:corda.git', true],
  ['/srv/corda:old', false],
  ['../corda', false],
  ['corda', false],
  ['./a:b', false],
])('%s is a URL: %s', (repository, expected) => {
  expect(isRepositoryUrl(repository)).toBe(expected);
});

test('what is printed has no secret in it', () => {
  expect(shownRepository('https://me:s3cret@example.org/c.git')).toBe('https://example.org/c.git');
  expect(shownRepository('https://t0ken@example.org/c.git')).toBe('https://example.org/c.git');
  expect(shownRepository('git@example.org:corda.git')).toBe('git@example.org:corda.git');
  expect(shownRepository('/srv/me@home/corda')).toBe('/srv/me@home/corda');
});

test('full and short names of commits', () => {
  const sha = 'D27AA0E6850D3804D0982024054376D452E7073A';
  expect(isFullSha(sha)).toBe(true);
  expect(isFullSha('0'.repeat(64))).toBe(true);
  for (const other of [sha.slice(1), `v${sha}`, `${sha}0`, 'g'.repeat(40), 'g'.repeat(64)])
    expect(isFullSha(other)).toBe(false);
  expect(shortSha(sha)).toBe('d27aa0e685');
  expect(shortSha('release/os/4.12')).toBe('release/os/4.12');
});
