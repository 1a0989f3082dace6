import { describe, expect, test } from 'vitest';
import { isHopeless, startError, tellingWords } from './node-words.ts';

const failure = {
  step: 'start' as const,
  subject: 'party-a (4.0)',
  happened: 'ended while starting (status 1)',
  pair: '4.0+4.10',
  log: '/tmp/console.log',
};
const PARAMETERS = '[INFO ] Loaded network parameters: NetworkParameters {\n      minimumPlatformVersion=12\n';

describe('startError', () => {
  test('a platform version below the minimum is incompatible, with the node’s own words', () => {
    const said = `${PARAMETERS}[ERROR] Exception during node startup: Node's platform version is lower than network's required minimumPlatformVersion\n`;
    const { failure: end } = startError({ ...failure, said });
    expect(end.outcome).toBe('incompatible');
    expect(end.step).toBe('start');
    expect(end.message).toContain('4.0+4.10: party-a (4.0) ended while starting');
    expect(end.words?.[0]).toContain('lower than network');
  });

  test('a taken port is blocked although the console also prints the network parameters', () => {
    const said = `${PARAMETERS}[ERROR] Exception during node startup: Address already in use\n`;
    const { failure: end } = startError({ ...failure, said });
    expect(end.outcome).toBe('blocked');
    expect(end.message).toContain('a port it needs is taken');
  });

  test('words that nobody knows stay blocked and are passed on', () => {
    const { failure: end } = startError({ ...failure, said: 'Booting\n[ERROR] something never seen before\n' });
    expect(end.outcome).toBe('blocked');
    expect(end.message).toContain('something never seen before');
  });

  test('an exception is quoted, not the line that announces it', () => {
    const said = '[ERROR] 2026 [main] internal.Node - Exception during node startup\nx.NotConnectedException: cannot\n';
    const { failure: end } = startError({ ...failure, said });
    expect(end.message).toContain('its own words: “x.NotConnectedException: cannot”');
    expect(end.words).toHaveLength(2);
  });

  test('a silent node is said to have said nothing', () => {
    expect(startError({ ...failure, said: '' }).failure.message).toContain('(nothing)');
  });
});

test('tellingWords falls back to the last lines where none stands out', () => {
  expect(tellingWords('a\nb\n\nc\n', 2)).toEqual(['b', 'c']);
});

test('only words after which no node ever comes up are hopeless', () => {
  expect(isHopeless('You are using a version of Java that is not supported (17.0.15). Please upgrade')).toBe(true);
  expect(isHopeless('[ERROR] Address already in use')).toBe(false);
});
