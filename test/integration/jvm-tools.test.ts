import { readdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DRIVER_MAIN, DRIVER_TOKEN, toolJvmArgs, type JvmTools } from '../../src/harness/domain/jvm-tools.ts';
import type { JavaRuntime, NodeKit, Release } from '../../src/harness/domain/release.ts';
import { DriverCallError, DriverClient } from '../../src/harness/drivers/driver-client.ts';
import { driverListens } from '../../src/harness/drivers/driver-listening.ts';
import { describeExit } from '../../src/harness/network/bring-up.ts';
import { OpenEntries } from '../../src/harness/providers/conformance.ts';
import { createLocalProvider } from '../../src/harness/providers/local/local-provider.ts';
import type { NodeExit } from '../../src/harness/providers/provider.ts';
import { createReleasesContext, type ReleasesContext } from '../../src/harness/releases/context.ts';
import { findJava } from '../../src/harness/releases/java.ts';
import { nodeKit } from '../../src/harness/releases/kit.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { buildTools } from '../../src/harness/releases/tools.ts';
import { SILENT } from '../../src/harness/support/progress.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import { mint, type MintNode, type MintOptions } from '../../src/harness/zone/mint.ts';
import { schemaTemplate } from '../../src/harness/zone/schema-template.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

// Real jars of Maven Central and a real JVM, from the user's own cache: what needs a running node stands in test/e2e.

const signal = new AbortController().signal;
const marker = 'jvm-tools-test';
const limit = 120_000;
let ctx: ReleasesContext;
let jdk: JavaRuntime;
const kits = new Map<string, NodeKit>();
const tools = new Map<string, JvmTools>();

beforeAll(async () => {
  ctx = await createReleasesContext({ env: process.env, progress: SILENT, signal });
  jdk = await findJava({ major: 8, compiler: true }, ctx);
  for (const version of ['3.3-corda', '4.5', '4.8']) {
    const release: Release = { id: version, source: { kind: 'maven', version }, cordapps: [], jvmArgs: [] };
    const kit = await nodeKit(await resolveRelease(release, ctx), ctx);
    kits.set(version, kit);
    tools.set(version, await build(kit));
  }
});

function build(kit: NodeKit, said: string[] = []): Promise<JvmTools> {
  const progress = { say: (text: string) => void said.push(text) };
  return buildTools({ kit, jdk, cache: ctx.cache, progress, limit, signal });
}

function of<T>(map: ReadonlyMap<string, T>, version: string): T {
  const found = map.get(version);
  if (!found) throw new Error(`no ${version}`);
  return found;
}

function mintOptions(folder: string): MintOptions {
  const own = { tools: of(tools, '4.5'), kit: of(kits, '4.5'), runtime: jdk };
  return { ...own, marker, limit, signal, logFile: join(folder, 'mint.log') };
}

function mintNode(folder: string, id: string, platformVersion: number): MintNode {
  const party = `O=${id}, L=London, C=GB`;
  return { baseDirectory: join(folder, id), party, platformVersion, p2p: `localhost:${platformVersion}` };
}

describe('tools', () => {
  test('the healthcheck has one checksum, whatever release it was compiled against', () => {
    expect(new Set([...tools.values()].map(({ healthcheck }) => healthcheck.sha256)).size).toBe(1);
  });

  test('only 4.x can mint', () => {
    expect([...tools].filter(([, { minter }]) => minter).map(([version]) => version)).toEqual(['4.5', '4.8']);
  });

  test('a second build compiles nothing', async () => {
    const said: string[] = [];
    expect(await build(of(kits, '4.5'), said)).toEqual(of(tools, '4.5'));
    expect(said).toEqual([]);
  });
});

describe('mint', () => {
  test('gives every node its key stores, the others’ node infos and the same parameters', async () => {
    await using folder = await temporaryFolder();
    const notary = { ...mintNode(folder.path, 'Notary', 10), notary: { validating: false } };
    const nodes = [notary, mintNode(folder.path, 'PartyA', 7), mintNode(folder.path, 'PartyB', 12)];
    const { healthcheck } = of(tools, '4.5');
    const spec = { minimumPlatformVersion: 'auto', nodes, unsignedCordapps: [healthcheck] } as const;
    const minted = await mint(spec, mintOptions(folder.path));

    expect(minted.minimumPlatformVersion).toBe(7);
    expect(minted.whitelist).toEqual({ 'compat.healthcheck.NullContract': [healthcheck.sha256] });
    const parameters = await Promise.all(
      nodes.map(async ({ baseDirectory }) =>
        (await readFile(join(baseDirectory, 'network-parameters'))).toString('hex'),
      ),
    );
    expect(new Set(parameters).size).toBe(1);
    const own = await Promise.all(nodes.map(async (node) => infosOf(await readdir(node.baseDirectory))));
    expect(own.map((infos) => infos.length)).toEqual([1, 1, 1]);
    for (const [index, { baseDirectory }] of nodes.entries()) {
      const others = own.filter((_, other) => other !== index).flat();
      expect(infosOf(await readdir(join(baseDirectory, 'additional-node-infos')))).toEqual(others.sort());
    }
    expect(await aliases(join(notary.baseDirectory, 'certificates/nodekeystore.jks'), 'cordacadevpass')).toEqual([
      'cordaclientca',
      'identity-private-key',
    ]);
    expect(await aliases(join(notary.baseDirectory, 'certificates/sslkeystore.jks'), 'cordacadevpass')).toEqual([
      'cordaclienttls',
    ]);
    expect(await aliases(join(notary.baseDirectory, 'certificates/truststore.jks'), 'trustpass')).toEqual([
      'cordarootca',
    ]);
  });

  test('a minimum platform version above a node’s is minted as asked: the node is the one to refuse it', async () => {
    await using folder = await temporaryFolder();
    const nodes = [mintNode(folder.path, 'PartyA', 4)];
    const spec = { minimumPlatformVersion: 12, nodes, unsignedCordapps: [] } as const;
    expect((await mint(spec, mintOptions(folder.path))).minimumPlatformVersion).toBe(12);
  });

  test('a name that Corda does not accept is told in the minter’s own words', async () => {
    await using folder = await temporaryFolder();
    const nodes = [{ ...mintNode(folder.path, 'PartyA', 4), party: 'O=PartyA, C=Nowhere' }];
    const spec = { minimumPlatformVersion: 'auto', nodes, unsignedCordapps: [] } as const;
    await expect(mint(spec, mintOptions(folder.path))).rejects.toMatchObject({
      failure: { outcome: 'blocked', step: 'zone', message: expect.stringContaining('O=PartyA, C=Nowhere') as string },
    });
  });
});

describe('schemaTemplate', () => {
  test('is a database for releases that migrate, made once, and nothing for those that do not', async () => {
    await using folder = await temporaryFolder();
    const cordapps = [of(tools, '4.8').healthcheck];
    const common = { runtime: jdk, cordapps, notary: true, cache: ctx.cache, marker, limit, signal };
    const options = { ...common, minting: mintOptions(folder.path), logFile: join(folder.path, 'schema.log') };
    const template = await schemaTemplate({ ...options, kit: of(kits, '4.8') });
    expect(template?.nodeArgs).toEqual(['--allow-hibernate-to-manage-app-schema']);
    const database = await readFile(template?.database ?? '');
    expect(database.subarray(0, 4).toString()).toBe('H:2,');
    expect(await schemaTemplate({ ...options, kit: of(kits, '4.8') })).toEqual(template);
    expect(await schemaTemplate({ ...options, kit: of(kits, '4.5') })).toBeUndefined();
  });
});

describe.each(['3.3-corda', '4.5'])('driver on %s', (version) => {
  test('listens before any node exists, says what it waited for in vain, and ends by SIGTERM', async () => {
    await using folder = await temporaryFolder();
    const token = 'of this test';
    await withDriver({ folder: folder.path, version, token }, async ({ url, stop }) => {
      const client = new DriverClient({ url, token });
      expect(await client.nodes()).toEqual([]);
      expect(await client.metrics()).toContain('# TYPE corda_compat_flows_total counter');

      const party = 'O=PartyA, L=London, C=GB';
      const rpc = await unusedAddress();
      const node = { id: 'party-a', party, rpc, user: 'u', password: 'p', jdbc: 'jdbc:h2:tcp://localhost:1/node' };
      const inVain = await failureOf(client.connect({ nodes: [node], limitMs: 500 }));
      expect(inVain.error.kind).toBe('no-answer');
      expect(inVain.error.message).toMatch(/RPC of party-a at localhost:\d+: not within 0.5 s; last seen: .*refused/);

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
  await expect(waiting).rejects.toThrow(/driver ended \(status 2\): “COMPAT_DRIVER_TOKEN is not set/);
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
  const request = { runId: marker, cell: version, nodes: [], services, ledger: new OpenEntries(), signal };
  const space = await provider.createSpace(request);
  try {
    const { listenOn = '', address } = space.services.get('driver') ?? {};
    const args = [listenOn, String(address?.port)];
    const common = { cordapps: [], jvmArgs: toolJvmArgs(8, 128), mainClass: DRIVER_MAIN, args };
    const jvm = { tools: of(tools, version), kit: of(kits, version), runtime: jdk };
    const env = { [DRIVER_TOKEN]: token };
    const running = await provider.startService(space, { service: 'driver', ...jvm, ...common, env });
    let ended: string | undefined;
    void running.exited.then((exit) => (ended = describeExit(exit)));
    const said = () => provider.logs(space, 'driver');
    await driverListens({ subject: 'driver', said, ended: () => ended, log: 'none', limit, signal });
    const { host, port } = await provider.reachService(space, 'driver');
    await work({ url: `http://${host}:${port}`, stop: () => provider.stopNode(space, 'driver', 10_000) });
  } finally {
    await provider.destroySpace(space);
  }
}

function infosOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.startsWith('nodeInfo-')).sort();
}

async function aliases(store: string, password: string): Promise<readonly string[]> {
  const keytool = join(jdk.java, '../keytool');
  const args = ['-list', '-keystore', store, '-storepass', password];
  const { stdout } = await runCommand({ name: 'keytool', file: keytool, args, env: {}, limit, signal });
  return [...stdout.matchAll(/^([a-z-]+), /gm)].map(([, alias]) => alias ?? '').sort();
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
