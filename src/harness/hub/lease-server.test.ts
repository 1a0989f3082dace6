import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cell } from '../config/cell.ts';
import type { LeasedNode } from '../lease/lease.ts';
import { blocked, incompatible } from '../support/step-error.ts';
import { fakeCell, fakeNetwork, fakeProvisioner } from '../testing/replay.ts';
import { createHub } from './hub.ts';
import type { Hub } from './hub.ts';
import {
  askNodeAction,
  blockCell,
  markLogs,
  nodesWords,
  say,
  takeLease,
  takeTurn,
  tellTrade,
  type LeaseAccess,
} from '../lease/lease-client.ts';
import { leaseSocketPath, openLeaseServer } from './lease-server.ts';
import type { LeaseServer } from './lease-server.ts';

const CELL = fakeCell('4.8+4.10');
const said: string[] = [];
let hub: Hub;
let server: LeaseServer;
let access: LeaseAccess;
/** Whether the network is the run's own. */
let isOurs: boolean;
const control = (id: string, action: string): Promise<LeasedNode> => {
  if (action === 'start') return Promise.reject(blocked('start', `${id} was not up within 180 s`));
  if (action === 'upgrade') return Promise.reject(incompatible('schema', `${id} does not know its database`));
  return Promise.resolve({ id, release: action } as unknown as LeasedNode);
};

beforeEach(async () => {
  isOurs = true;
  hub = createHub({
    groups: [[CELL]],
    progress: { say: (text, cell) => void said.push(`${cell}: ${text}`) },
    provisioner: () =>
      Promise.resolve(
        fakeProvisioner(
          () => undefined,
          (cell) => Promise.resolve(fakeNetwork(cell, () => undefined, isOurs ? { control } : {})),
        ),
      ),
  });
  access = accessTo(CELL, leaseSocketPath());
  server = await openLeaseServer(hub, access.socket);
});
afterEach(() => server.close());

function accessTo({ name, workload, limits }: Cell, socket: string): LeaseAccess {
  return { socket, brief: { name, nodes: [], workload, limits } };
}

test('a worker gets its network and the words of its nodes', async () => {
  expect(await takeLease(access)).toMatchObject({ ok: true, lease: { cell: '4.8+4.10' } });
  expect(await markLogs(access)).toBe('7');
  expect(await nodesWords(access)).toEqual([
    { node: 'party-a', level: 'WARN', text: 'slow since start' },
    { node: 'party-b', level: 'ERROR', text: 'lost since start' },
  ]);
  expect(await nodesWords(access, { since: '7', node: 'party-b' })).toEqual([
    { node: 'party-b', level: 'ERROR', text: 'lost since 7' },
  ]);
});

test('how far operations are comes to the hub as it was told; what is no such message is refused', async () => {
  const told = vi.spyOn(hub, 'traded');
  const progress = { done: 530, total: 2000, failed: 2, inFlight: 4, tookMs: 100_000 };
  await tellTrade(access, progress);
  expect(told).toHaveBeenCalledWith('4.8+4.10', progress);
  await expect(tellTrade(access, { ...progress, done: -1 })).rejects.toThrow(/refused POST \/traded/);
});

test('what is to be done to a node is done', async () => {
  await takeLease(access);
  expect(await askNodeAction(access, { node: 'party-a', action: 'kill' })).toMatchObject({
    ok: true,
    node: { id: 'party-a', release: 'kill' },
  });
});

test('a node action that fails for no reason of the releases blocks the cell, whatever the suite makes of it', async () => {
  await takeLease(access);
  expect(await askNodeAction(access, { node: 'party-a', action: 'upgrade' })).toMatchObject({
    ok: false,
    failure: { outcome: 'incompatible', message: 'party-a does not know its database' },
  });
  expect(hub.records()[0]?.failure).toBeUndefined();
  const failure = { outcome: 'blocked', step: 'start', message: 'party-a was not up within 180 s' };
  expect(await askNodeAction(access, { node: 'party-a', action: 'start' })).toMatchObject({ ok: false, failure });
  expect(hub.records()[0]?.failure).toMatchObject({ ...failure, step: 'suites' });
});

test('nothing is done to the nodes of a network that is not the run’s own', async () => {
  isOurs = false;
  await takeLease(access);
  const answer = await askNodeAction(access, { node: 'party-a', action: 'kill' });
  expect(answer.ok ? '' : answer.failure.message).toContain('suites cannot stop or start the nodes');
});

test('what a suite says is heard by whoever watches the run', async () => {
  await say(access, 'half of it & more');
  expect(said.at(-1)).toBe('4.8+4.10: half of it & more');
});

test('a text may be as long as its writer likes', async () => {
  const text = 'operations & "words"\n'.repeat(20_000);
  await say(access, text);
  expect(said.at(-1)).toBe(`4.8+4.10: ${text}`);
  await takeLease(access);
  await blockCell(access, text);
  expect(hub.records()[0]?.failure?.message).toBe(`4.8+4.10: ${text}`);
});

test('a suite may say that the machine is to blame: the first one who does decides', async () => {
  await takeLease(access);
  await blockCell(access, 'its clock is wrong');
  await blockCell(access, 'its disk is full');
  expect(hub.records()).toMatchObject([
    {
      failure: { outcome: 'blocked', step: 'suites', message: '4.8+4.10: its clock is wrong' },
    },
  ]);
});

test('where no network is up there are no words', async () => {
  expect(await markLogs(access)).toBeUndefined();
  expect(await nodesWords(access)).toEqual([]);
});

test('a cell that is none of ours is refused with words', async () => {
  await expect(takeLease(accessTo(fakeCell('1+2'), access.socket))).rejects.toThrow('500 {"error":"no cell 1+2');
});

test('turns pass on when they are ended or when their connection dies', async () => {
  const first = await takeTurn(access);
  let begun = false;
  const second = takeTurn(access).then((turn) => {
    begun = true;
    return turn;
  });
  await takeLease(access);
  expect(begun).toBe(false);
  first.end();
  (await second).end();
  (await takeTurn(access)).end();
});

test('only this user reaches the socket; nothing is left of it; later calls say so', async () => {
  const folder = dirname(access.socket);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  const turn = await takeTurn(access);
  await server.close();
  await expect(stat(folder)).rejects.toThrow('ENOENT');
  await expect(takeLease(access)).rejects.toThrow('does not answer POST /lease');
  turn.end();
});

test('a socket path fits into an address even where the temporary folder is deep', () => {
  expect(leaseSocketPath(`/${'deep/'.repeat(30)}`)).toMatch(/^\/tmp\/cc-/);
  expect(leaseSocketPath('/var/tmp')).toMatch(/^\/var\/tmp\/cc-/);
});
