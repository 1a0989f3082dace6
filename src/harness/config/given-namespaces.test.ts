import { describe, expect, test } from 'vitest';
import { givenNamespaces } from './outside.ts';

describe('givenNamespaces', () => {
  test('reads names in their order, with or without spaces; none where it is not set', () => {
    expect(givenNamespaces({ COMPAT_NAMESPACES: 'team-b, 7,team-a' })).toEqual(['team-b', '7', 'team-a']);
    expect(givenNamespaces({ COMPAT_NAMESPACES: '', COMPAT_NAMESPACE: 'x' })).toBeUndefined();
    expect(givenNamespaces({})).toBeUndefined();
  });

  test.each([
    ['Team', /small letters, digits and dashes.*"Team" is none/],
    ['a,,b', /"" is none/],
    ['a,b-', /"b-" is none/],
    ['a'.repeat(64), /at most 63/],
    ['a,b,a', /a is there twice/],
  ])('refuses %s', (text, words) => {
    expect(() => givenNamespaces({ COMPAT_NAMESPACES: text })).toThrow(words);
  });

  test('refuses a prefix beside it, which would have no effect', () => {
    const env = { COMPAT_NAMESPACES: 'a', COMPAT_NAMESPACE: 'x' };
    expect(() => givenNamespaces(env)).toThrow(/cannot stand beside COMPAT_NAMESPACE,.*unset one/);
  });
});
