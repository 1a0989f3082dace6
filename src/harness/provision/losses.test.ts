import { beforeEach, expect, test } from 'vitest';
import type { NodeExit, RunningNode } from '../providers/provider.ts';
import { watchLosses } from './losses.ts';
import { fakeCell } from '../testing/replay.ts';

const base = fakeCell('4.5+4.8', 50);
const party = { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.5' } as const;
const cell = { ...base, topology: { ...base.topology, nodes: [party] } };

let said: string[] = [];
beforeEach(() => {
  said = [];
});
const say = (text: string): void => void said.push(text);

function running(node: string): { node: RunningNode; end: (exit: NodeExit) => Promise<unknown> } {
  const { promise, resolve } = deferred<NodeExit>();
  const end = (exit: NodeExit) => {
    resolve(exit);
    return promise;
  };
  return { node: { node, exited: promise }, end };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

test('a node that ends while it should trade is told with the way it ended', async () => {
  const { node, end } = running('party-a');
  const losses = watchLosses(cell, { nodes: new Map([[node.node, node]]), services: [], say });
  expect(losses.soFar()).toEqual([]);
  await end({ code: null, signal: 'SIGKILL' });
  expect(losses.soFar()).toMatchObject([{ outcome: 'blocked', step: 'suites' }]);
  expect(losses.soFar()[0]?.message).toContain('ended while trading: killed by SIGKILL');
  expect(said).toEqual(['party-a (4.5) ended while trading: killed by SIGKILL']);
});

test('what an engine says of the end is told with it', async () => {
  const { node, end } = running('party-a');
  const losses = watchLosses(cell, { nodes: new Map([[node.node, node]]), services: [], say });
  await end({ code: null, signal: 'SIGKILL', why: 'it wanted more than the 1518 MB' });
  expect(losses.soFar()[0]?.message).toContain('killed by SIGKILL: it wanted more than the 1518 MB');
});

test('nodes that are meant to end are no losses', async () => {
  const { node, end } = running('party-a');
  const losses = watchLosses(cell, { nodes: new Map([[node.node, node]]), services: [], say });
  losses.expectExits();
  await end({ code: 143, signal: null });
  expect(losses.soFar()).toEqual([]);
  expect(said).toEqual([]);
});

test('one node may be meant to end, and to be started again; its next end is not', async () => {
  const [first, second] = [running('party-a'), running('party-a')];
  const losses = watchLosses(cell, { nodes: new Map([[first.node.node, first.node]]), services: [], say });
  losses.expectExit('party-a');
  await first.end({ code: 143, signal: null });
  losses.follow(party, second.node);
  expect(losses.soFar()).toEqual([]);
  await second.end({ code: 1, signal: null });
  expect(losses.soFar().map(({ message }) => message)).toEqual([
    '4.5+4.8: party-a (4.5) ended while trading: status 1',
  ]);
});

test('a node that was taken away and is back is told as well', () => {
  const { node } = running('party-a');
  const words: string[] = [];
  const losses = watchLosses(cell, {
    nodes: new Map([[node.node, { ...node, lost: () => words[0] }]]),
    services: [],
    say,
  });
  expect(losses.soFar()).toEqual([]);
  words.push('its Pod was deleted');
  expect(losses.soFar()).toMatchObject([{ outcome: 'blocked', step: 'suites' }]);
  expect(losses.soFar()[0]?.message).toContain('party-a (4.5) was away while trading: its Pod was deleted');
});

test('a driver that ends, or was taken away, is told as a node is', async () => {
  const [driver, doorman] = [running('driver'), running('doorman')];
  const lost = { ...doorman.node, lost: () => 'its Pod was deleted' };
  const losses = watchLosses(cell, { nodes: new Map(), services: [driver.node, lost], say });
  await driver.end({ code: null, signal: 'SIGKILL' });
  expect(losses.soFar().map(({ message }) => message)).toEqual([
    '4.5+4.8: driver ended while trading: killed by SIGKILL',
    '4.5+4.8: doorman was away while trading: its Pod was deleted',
  ]);
});
