import { expect, test } from 'vitest';
import { parseRegistry } from './registry.ts';

test.for([
  ['registry.example:5000/team', 'registry.example:5000', 'registry.example:5000/team'],
  ['localhost', 'localhost', 'localhost'],
  [' ghcr.io/Me/'.toLowerCase(), 'ghcr.io', 'ghcr.io/me'],
] as const)('%s is a registry', ([text, host, prefix]) => {
  expect(parseRegistry(text)).toEqual({ host, prefix });
});

test.for(['', 'https://registry.example', 'team', 'registry.example/Team', 'registry.example:x'])(
  '%j is none, which is told with an example',
  (text) => {
    expect(() => parseRegistry(text)).toThrow('expected host[:port][/path] without https://');
  },
);
