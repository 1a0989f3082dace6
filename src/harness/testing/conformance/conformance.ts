import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { spaceOf, testServiceConformance, untilSaid } from './conformance-services.ts';
import { OpenEntries } from '../open-entries.ts';
import type { ConformanceSubject, TinyNodeArguments } from './conformance-subject.ts';
import type { Provider, RunningNode, Space } from '../../providers/provider.ts';
import { PORT_NAMES, type PortName } from '../../corda/topology.ts';

const LIMIT_MS = 30_000;

/** Defines the tests that every provider must pass. */
export function testProviderConformance(name: string, setUp: () => Promise<ConformanceSubject>): void {
  describe(`provider ${name}`, () => {
    let subject: ConformanceSubject;
    let provider: Provider;
    let ledger: OpenEntries;
    let abort: AbortController;
    const spaces: Space[] = [];

    beforeEach(async () => {
      subject = await setUp();
      provider = subject.provider;
      ledger = new OpenEntries();
      abort = new AbortController();
    });

    afterEach(async () => {
      for (const space of spaces.splice(0)) await provider.destroySpace(space);
      await subject.close?.();
    });

    async function create(cell = '4.8+4.10'): Promise<Space> {
      const space = await spaceOf(provider, { cell, ledger, signal: abort.signal });
      spaces.push(space);
      return space;
    }

    const start = (space: Space, args: TinyNodeArguments, node = 'party-a'): Promise<RunningNode> =>
      provider.startNode(space, subject.launch(node, args));

    const said = (space: Space, text: string, node = 'party-a'): Promise<string> =>
      untilSaid(provider, { space, text, node });

    /** Where a program at party-a's place must listen to be found at an address of it. */
    function listenAt(space: Space, port: PortName): string {
      const place = space.places.get('party-a');
      return `${place?.listenOn}:${place?.addresses[port].port}`;
    }

    test('a request that the machine can hold is accepted', async () => {
      const nodes = [{ id: 'notary', memoryMb: 64 }];
      await expect(provider.prepare({ nodes, services: nodes, signal: abort.signal })).resolves.toBeUndefined();
    });

    test('two spaces of one cell share neither id, nor folder, nor address', async () => {
      const [one, two] = [await create(), await create()];
      const own = ({ id, places, services }: Space): string[] => [
        id,
        ...[...places.values(), ...services.values()].map(({ stagingFolder }) => stagingFolder),
      ];
      const addresses = ({ places, services }: Space): string[] =>
        [
          ...[...places.values()].flatMap((place) => Object.values(place.addresses)),
          ...[...services.values()].map(({ address }) => address),
        ].map(({ host, port }) => `${host}:${port}`);
      const all = [...own(one), ...own(two)];
      expect(all).toHaveLength(2 * (1 + 3));
      expect(new Set(all).size).toBe(all.length);
      expect(new Set(addresses(one)).size).toBe(2 * PORT_NAMES.length + 1);
      const shared = addresses(one).filter((address) => addresses(two).includes(address));
      expect(shared).toEqual(subject.traits.ownNetworks ? addresses(one) : []);
    });

    test('everything is in the ledger while it exists, and not afterwards', async () => {
      const space = await create();
      expect(ledger.open.size).toBeGreaterThan(0);
      await start(space, ['say', 'up']);
      expect(ledger.processes).toHaveLength(subject.traits.kinds.includes('process') ? 1 : 0);
      await provider.destroySpace(space);
      expect([...ledger.open.values()]).toEqual([]);
    });

    test('a node reads its staging folder and writes to its console, which is read on from an offset', async () => {
      const space = await create();
      await start(space, ['say', 'first', 'say', 'zweite Zeile: grün', 'say', 'third']);
      const all = await said(space, 'third');
      const offset = all.indexOf('zweite');
      expect(await provider.logs(space, 'party-a', offset)).toBe(all.slice(offset));
      expect(await provider.logs(space, 'party-a', all.length)).toBe('');
      expect(await provider.logs(space, 'notary')).toBe('');
    });

    test('a node that ends by itself reports how', async () => {
      const space = await create();
      const node = await start(space, ['say', 'bye', 'exit', '3']);
      expect(await node.exited).toEqual({ code: 3, signal: null });
      expect(await provider.logs(space, 'party-a')).toContain('bye');
      expect(await provider.stopNode(space, 'party-a', 1000)).toEqual({ code: 3, signal: null });
    });

    test('a node that hangs tells what its threads do, and runs on', async () => {
      const space = await create();
      const node = await start(space, ['say', 'up']);
      await said(space, 'up');
      expect(node.tellThreads !== undefined).toBe(subject.traits.tellsThreads);
      if (!node.tellThreads) return;
      await node.tellThreads();
      expect(await said(space, 'JNI global ref')).toContain('Full thread dump');
      await provider.stopNode(space, 'party-a', LIMIT_MS);
      await node.tellThreads();
    });

    test('a stopped node ends by SIGTERM and can be started again', async () => {
      const space = await create();
      const node = await start(space, ['say', 'one']);
      await said(space, 'one');
      const exit = await provider.stopNode(space, 'party-a', LIMIT_MS);
      expect(exit).toEqual(await node.exited);
      expect(exit.signal).not.toBe('SIGKILL');
      await start(space, ['say', 'two']);
      expect(await said(space, 'two')).toContain('one');
    });

    test('a node that ended by itself starts again on what it left', async () => {
      const space = await create();
      await writeFile(join(space.places.get('party-a')?.stagingFolder ?? '', 'own.key'), 'as it was laid there');
      const first = await start(space, ['read', 'own.key', 'write', 'own.key', 'as it was changed', 'exit', '0']);
      expect((await first.exited).code).toBe(0);
      await start(space, ['read', 'own.key', 'say', 'again']);
      expect(await said(space, 'again')).toMatch(/as it was laid there\s+as it was changed\s+again/);
    });

    test('a node that ignores SIGTERM is killed after the grace', async () => {
      const space = await create();
      await start(space, ['stubborn', 'say', 'no']);
      await said(space, 'no');
      const begun = performance.now();
      const exit = await provider.stopNode(space, 'party-a', 500);
      expect(performance.now() - begun).toBeGreaterThan(450);
      expect([exit.signal, exit.code]).toContain(exit.signal === null ? 137 : 'SIGKILL');
    });

    test('without a grace a node is killed, and starts again on what it left', async () => {
      const space = await create();
      await start(space, ['stubborn', 'write', 'own.txt', 'here', 'say', 'no']);
      await said(space, 'no');
      const exit = await provider.stopNode(space, 'party-a', 0);
      expect([exit.signal, exit.code]).toContain(exit.signal === null ? 137 : 'SIGKILL');
      await start(space, ['read', 'own.txt', 'say', 'again']);
      expect(await said(space, 'again')).toMatch(/here\s+again/);
    });

    test('files below the base directory are read and listed; a path out of it is refused', async () => {
      const space = await create();
      const node = await start(space, ['write', 'logs/a.log', 'hello', 'write', 'logs/b.log', 'x', 'exit', '0']);
      await node.exited;
      expect((await provider.readFile(space, 'party-a', 'logs/a.log'))?.toString()).toBe('hello');
      expect(await provider.listFiles(space, 'party-a', 'logs')).toEqual(['a.log', 'b.log']);
      expect(await provider.readFile(space, 'party-a', 'logs/none.log')).toBeUndefined();
      expect(await provider.listFiles(space, 'party-a', 'none')).toEqual([]);
      await expect(provider.readFile(space, 'party-a', '../notary/secret')).rejects.toThrow(/out of/);
      await expect(provider.listFiles(space, 'party-a', '../../..')).rejects.toThrow(/out of/);
      await expect(provider.readFile(space, 'party-a', '/etc/passwd')).rejects.toThrow(/out of/);
    });

    test('a port of a node is reached on this machine', async () => {
      const space = await create();
      await start(space, ['listen', listenAt(space, 'rpc'), 'say', 'listening']);
      await said(space, 'listening');
      const { host, port } = await provider.reach(space, 'party-a', 'rpc');
      const answer = await fetch(`http://${host}:${port}/`);
      expect(await answer.text()).toBe('tiny node');
    });

    test('leftovers are seen before, and none after the destruction of a space with running nodes', async () => {
      const space = await create();
      await start(space, ['listen', listenAt(space, 'p2p'), 'say', 'up']);
      await start(space, ['stubborn', 'say', 'up'], 'notary');
      await said(space, 'up');
      await said(space, 'up', 'notary');
      const before = await provider.leftovers(space);
      expect(new Set(before.map((left) => left.kind))).toEqual(new Set(subject.traits.kinds));
      await provider.destroySpace(space);
      expect(await provider.leftovers(space)).toEqual([]);
      await expect(provider.destroySpace(space)).resolves.toBeUndefined();
    });

    test('processes that a node started end with it, even when the node has ended already', async () => {
      const space = await create();
      const node = await start(space, ['child', 'say', 'parent', 'exit', '1']);
      await node.exited;
      const kinds = (await provider.leftovers(space)).map((left) => left.kind);
      expect(kinds).toContain(subject.traits.kinds[0]);
      await provider.destroySpace(space);
      expect(await provider.leftovers(space)).toEqual([]);
    });

    test('the destruction of one space leaves another one alone', async () => {
      const [one, two] = [await create(), await create('4.5+4.8')];
      await start(one, ['say', 'one']);
      const survivor = await start(two, ['listen', listenAt(two, 'rpc'), 'say', 'two']);
      await said(two, 'two');
      await provider.destroySpace(one);
      const { host, port } = await provider.reach(two, 'party-a', 'rpc');
      expect((await fetch(`http://${host}:${port}/`)).ok).toBe(true);
      await provider.stopNode(two, 'party-a', LIMIT_MS);
      expect((await survivor.exited).signal).not.toBe('SIGKILL');
    });

    test('a start under way when the space is destroyed leaves no process', async () => {
      const space = await create();
      const starting = start(space, ['say', 'late']).then(
        () => 'started',
        () => 'refused',
      );
      await provider.destroySpace(space);
      expect(['started', 'refused']).toContain(await starting);
      expect(await provider.leftovers(space)).toEqual([]);
      await expect(start(space, ['say', 'after'])).rejects.toThrow(space.id);
    });

    test('an aborted creation leaves nothing and says why', async () => {
      const reason = new Error('Ctrl-C');
      ledger.afterRecord = () => {
        abort.abort(reason);
      };
      await expect(create()).rejects.toBe(reason);
      expect([...ledger.open.values()]).toEqual([]);
      ledger.afterRecord = undefined;
      await expect(create()).rejects.toBe(reason);
    });

    test('a node that the space does not have is named in the error, with those that it has', async () => {
      const space = await create();
      await expect(start(space, [], 'party-z')).rejects.toThrow(/party-z.*notary, party-a/);
    });
  });
  testServiceConformance(name, setUp);
}
