import { createConnection } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { DRIVER_MAIN, DRIVER_TOKEN, TOKEN_HEADER, toolJvmArgs } from '../../src/harness/releases/jvm-tools.ts';
import { DriverCallError, DriverClient } from '../../src/harness/lease/driver-client.ts';
import { describeExit } from '../../src/harness/provision/node-start.ts';
import { serviceListens } from '../../src/harness/provision/services.ts';
import { OpenEntries } from '../../src/harness/testing/open-entries.ts';
import { createLocalProvider } from '../../src/harness/providers/local/local-provider.ts';
import type { NodeExit } from '../../src/harness/providers/provider.ts';
import { JVM_LIMIT_MS as limit, jvmRig, type JvmRig } from '../rig/jvm-rig.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

// A real driver with no node: what needs one stands in test/e2e and test/long.

const signal = new AbortController().signal;
let rig: JvmRig;

beforeAll(async () => {
  rig = await jvmRig(['3.3-corda', '4.5'], signal);
});

describe.each(['3.3-corda', '4.5'])('driver on %s', (version) => {
  test('listens before any node exists, says what it waited for in vain, and ends by SIGTERM', async () => {
    await using folder = await temporaryFolder();
    const token = 'of this test';
    await withDriver({ folder: folder.path, version, token }, async ({ url, stop }) => {
      const client = new DriverClient({ url, token });
      expect(await client.nodes()).toEqual([]);
      expect(await client.metrics()).toMatch(
        /# TYPE corda_compat_flows_total counter\n[^]*# TYPE corda_compat_flows_running gauge\n/,
      );

      const party = 'O=PartyA, L=London, C=GB';
      const rpc = await unusedAddress();
      const database = { url: 'jdbc:h2:tcp://localhost:1/node', user: 'sa', password: '' };
      const node = { id: 'party-a', party, rpc, user: 'u', password: 'p', database };
      const inVain = await failureOf(client.connect({ nodes: [node], limitMs: 500 }));
      expect(inVain.error.kind).toBe('no-answer');
      expect(inVain.error.message).toMatch(/RPC of party-a at localhost:\d+: not within 0.5 s; last seen: .*refused/);

      // Asked again under the same id, what runs or has run already is answered, and is not done twice.
      const again = (id: string) => askTwice({ url, token, id, body: { nodes: [node], limitMs: 700 } });
      const before = await noAnswers(client);
      const answers = await again('one');
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('not within 0.7 s');
      expect(await noAnswers(client)).toBe(before + 1);
      expect(await again('one')).toEqual(answers);
      expect(await noAnswers(client)).toBe(before + 1);
      await again('another');
      expect(await noAnswers(client)).toBe(before + 2);

      const unknown = await failureOf(client.vault('party-z'));
      expect(unknown.error).toMatchObject({ kind: 'request', message: expect.stringContaining('party-z') as string });
      const stranger = new DriverClient({ url, token: 'guessed' });
      expect((await failureOf(stranger.nodes())).error.message).toContain('token');
      // 128 + SIGTERM.
      expect(await stop()).toEqual({ code: 143, signal: null });
    });
  });
});

test('a driver that ends is told with its own words', async () => {
  await using folder = await temporaryFolder();
  const waiting = withDriver({ folder: folder.path, version: '4.5', token: '' }, () => Promise.resolve());
  await expect(waiting).rejects.toThrow(/driver \(4.5\) ended \(status 2\): “COMPAT_DRIVER_TOKEN is not set/);
});

interface DriverAtWork {
  readonly url: string;
  readonly stop: () => Promise<NodeExit>;
}

/** A driver as a service of a space of provider local. */
async function withDriver(
  { folder, version, token }: { folder: string; version: string; token: string },
  work: (driver: DriverAtWork) => Promise<void>,
): Promise<void> {
  const provider = createLocalProvider({ root: folder, env: process.env });
  const services = [{ id: 'driver', memoryMb: 350 }];
  const request = { runId: 'driver-test', cell: version, nodes: [], services, ledger: new OpenEntries(), signal };
  const space = await provider.createSpace(request);
  try {
    const { listenOn = '', address } = space.services.get('driver') ?? {};
    const args = [listenOn, String(address?.port)];
    const common = { cordapps: [], jvmArgs: toolJvmArgs(8, 128), mainClass: DRIVER_MAIN, args };
    const jvm = { tools: rig.tools(version), kit: rig.kit(version), runtime: rig.jdk };
    const env = { [DRIVER_TOKEN]: token };
    const running = await provider.startService(space, { service: 'driver', step: 'driver', ...jvm, ...common, env });
    let ended: string | undefined;
    void running.exited.then((exit) => (ended = describeExit(exit)));
    const said = () => provider.logs(space, 'driver');
    const waiting = { version, said, ended: () => ended, log: 'none', limit, signal };
    await serviceListens({ word: 'driver', step: 'driver', ...waiting });
    const { host, port } = await provider.reachService(space, 'driver');
    await work({ url: `http://${host}:${port}`, stop: () => provider.stopNode(space, 'driver', 10_000) });
  } finally {
    await provider.destroySpace(space);
  }
}

async function askTwice(request: { url: string; token: string; id: string; body: object }): Promise<string[]> {
  const { url, token, id, body } = request;
  const headers = { [TOKEN_HEADER]: token, 'x-compat-request': id };
  const ask = async () =>
    (await fetch(`${url}/connect`, { method: 'POST', headers, body: JSON.stringify(body) })).text();
  return await Promise.all([ask(), ask()]);
}

/** Calls that ended without an answer, as the driver counts them. */
async function noAnswers(client: DriverClient): Promise<number> {
  const text = await client.metrics();
  return Number(/^corda_compat_errors_total\{kind="no-answer"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** A loopback address where nobody listens: checked, not assumed. */
async function unusedAddress(): Promise<string> {
  for (let port = 10; port < 1024; port += 1) {
    const refused = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, 'localhost', () => resolve(!socket.destroy()));
      socket.on('error', () => resolve(true));
    });
    if (refused) return `localhost:${port}`;
  }
  throw new Error('every port below 1024 is taken');
}

async function failureOf(call: Promise<unknown>): Promise<DriverCallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DriverCallError);
  return error as DriverCallError;
}
