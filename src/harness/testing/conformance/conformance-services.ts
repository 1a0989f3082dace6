import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../cleanup/ledger.ts';
import { waitUntil } from '../../support/wait.ts';
import type { ConformanceSubject } from './conformance-subject.ts';
import { OpenEntries } from '../open-entries.ts';
import type { Provider, RunningNode, Space } from '../../providers/provider.ts';

const LIMIT_MS = 30_000;

/** A space of two nodes and a driver. */
export async function spaceOf(
  provider: Provider,
  { cell = '4.8+4.10', ...rest }: { readonly cell?: string; readonly ledger: Ledger; readonly signal: AbortSignal },
): Promise<Space> {
  const nodes = ['notary', 'party-a'].map((id) => ({ id, memoryMb: 64 }));
  const services = [{ id: 'driver', memoryMb: 64 }];
  return await provider.createSpace({ runId: '20261123-154512-ab12cd', cell, nodes, services, ...rest });
}

/** Waits for a text on a console; gives all of it. */
export async function untilSaid(
  provider: Provider,
  { space, node, text }: { readonly space: Space; readonly node: string; readonly text: string },
): Promise<string> {
  return await waitUntil(
    async () => {
      const logs = await provider.logs(space, node);
      return logs.includes(text) ? { done: true, value: logs } : { done: false, last: `console: ${logs}` };
    },
    { name: `${node} saying ${JSON.stringify(text)}`, limit: LIMIT_MS },
  );
}

/** Defines the tests of services alone, which every provider must pass, however it reaches them. */
export function testServiceConformance(name: string, setUp: () => Promise<ConformanceSubject>): void {
  describe(`services of provider ${name}`, () => {
    let subject: ConformanceSubject;
    let provider: Provider;
    let space: Space;

    beforeEach(async () => {
      subject = await setUp();
      provider = subject.provider;
      space = await spaceOf(provider, { ledger: new OpenEntries(), signal: new AbortController().signal });
    });

    afterEach(async () => {
      await provider.destroySpace(space);
      await subject.close?.();
    });

    const said = (text: string): Promise<string> => untilSaid(provider, { space, node: 'driver', text });

    async function start(...args: readonly string[]): Promise<RunningNode> {
      const { listenOn, address } = space.services.get('driver') ?? {};
      const service = subject.launchService('driver', ['listen', `${listenOn}:${address?.port}`, ...args]);
      return await provider.startService(space, { ...service, env: { TOKEN: 'secret' } });
    }

    async function url(): Promise<string> {
      const { host, port } = await provider.reachService(space, 'driver');
      return `http://${host}:${port}/`;
    }

    test('a service has its own place, environment and port, is read, reached and stopped as a node is', async () => {
      const running = await start('write', 'note', 'of the driver', 'say', 'listening', 'env', 'TOKEN');
      expect(await said('TOKEN=secret')).toContain('listening');
      expect(await (await fetch(await url())).text()).toBe('tiny node');
      expect((await provider.readFile(space, 'driver', 'note'))?.toString()).toBe('of the driver');
      const exit = await provider.stopNode(space, 'driver', LIMIT_MS);
      expect(await running.exited).toEqual(exit);
      await expect(provider.reachService(space, 'doorman')).rejects.toThrow(/doorman.*driver/);
    });

    test('an answer streams as the service gives it, and the service sees its client leave', async () => {
      await start('say', 'listening');
      await said('listening');
      const leave = new AbortController();
      const answer = await fetch(`${await url()}?drip`, { signal: leave.signal });
      const first = await answer.body?.getReader().read();
      expect(Buffer.from((first?.value as Uint8Array<ArrayBuffer> | undefined) ?? new Uint8Array()).toString()).toMatch(
        /^\.+$/,
      );
      leave.abort();
      await said('cut off');
    });
  });
}
