import { expect, test } from 'vitest';
import { nodeLogs, type NodeReader } from './evidence.ts';

/** The log of one node that grows, and where it was read from. */
function growingLog() {
  const node = { id: 'party-a', party: 'O=PartyA, L=London, C=GB', release: '4.8' };
  const read: number[] = [];
  let log = '';
  const provider: NodeReader = {
    logs: (_space, _node, from = 0) => {
      read.push(from);
      return Promise.resolve(log.slice(from));
    },
    listFiles: () => Promise.resolve([]),
    readFile: () => Promise.resolve(undefined),
  };
  const space = { id: 'space', places: new Map(), services: new Map() };
  const logs = nodeLogs({ provider, space, nodes: [node], jvm: 'fast' });
  return { logs, read, add: (text: string) => (log += text) };
}

const QUIET = '[INFO ] all is well\n'.repeat(30_000);

test('of a long log only the end stays in memory; what a late mark wants is not read again', async () => {
  const { logs, read, add } = growingLog();
  add('[WARN ] first\n');
  const early = await logs.mark();
  add('[WARN ] second\n');
  for (let round = 0; round < 5; round += 1) {
    add(QUIET);
    await logs.mark();
  }
  const late = await logs.mark();
  add('[ERROR] third\n');
  read.length = 0;
  const texts = async (mark?: string) => (await logs.since(mark)).map(({ text }) => text);
  expect(await texts(late)).toEqual(['third']);
  expect(read).toEqual([5 * QUIET.length + '[WARN ] first\n[WARN ] second\n'.length]);
  expect(await texts(early)).toEqual(['second', 'third']);
  expect(read.at(-1)).toBe('[WARN ] first\n'.length);
  expect(await texts()).toEqual(['first', 'second', 'third']);
});
