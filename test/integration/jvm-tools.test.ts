import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createReleasesContext } from '../../src/harness/releases/context.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { resolveCordapp } from '../../src/harness/releases/cordapps.ts';
import { buildTools } from '../../src/harness/releases/tools.ts';
import { classFiles } from '../rig/class-bytes.ts';
import { makeJar } from '../rig/releases-rig.ts';
import { SILENT } from '../../src/harness/support/progress.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import { mint, type MintNode, type MintOptions, mintOnce } from '../../src/harness/zone/mint.ts';
import { schemaTemplate, type SchemaTemplate } from '../../src/harness/zone/migration.ts';
import type { Artefact, CordappArtefact } from '../../src/harness/releases/artefacts.ts';
import { JVM_LIMIT_MS as limit, jvmRig, type JvmRig } from '../rig/jvm-rig.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

// Real jars of Maven Central and a real JVM, from the user's own cache: what needs a running node stands in test/e2e and test/long.

const signal = new AbortController().signal;
const marker = 'jvm-tools-test';
const VERSIONS = ['3.3-corda', '4.5', '4.8'] as const;
let rig: JvmRig;

beforeAll(async () => {
  rig = await jvmRig(VERSIONS, signal);
});

function mintOptions(folder: string): MintOptions {
  const own = { tools: rig.tools('4.5'), kit: rig.kit('4.5'), runtime: rig.jdk };
  return { ...own, marker, limit, signal, logFile: join(folder, 'mint.log') };
}

function mintNode(folder: string, id: string, platformVersion: number): MintNode {
  const party = `O=${id}, L=London, C=GB`;
  return { baseDirectory: join(folder, id), party, platformVersion, p2p: `localhost:${platformVersion}` };
}

describe('tools', () => {
  test('the healthcheck has one checksum, whatever release it was compiled against', () => {
    expect(new Set(VERSIONS.map((version) => rig.tools(version).healthcheck.sha256)).size).toBe(1);
  });

  test('only 4.x can mint', () => {
    expect(VERSIONS.filter((version) => rig.tools(version).minter)).toEqual(['4.5', '4.8']);
  });

  test('a second build compiles nothing', async () => {
    const said: string[] = [];
    const progress = { say: (text: string) => void said.push(text) };
    const options = { kit: rig.kit('4.5'), jdk: rig.jdk, cache: rig.ctx.cache, progress, limit, signal };
    expect(await buildTools(options)).toEqual(rig.tools('4.5'));
    expect(said).toEqual([]);
  });
});

describe('mint', () => {
  test('gives every node its key stores, the others’ node infos and the same parameters', async () => {
    await using folder = await temporaryFolder();
    const notary = { ...mintNode(folder.path, 'Notary', 10), notary: { validating: false } };
    const nodes = [notary, mintNode(folder.path, 'PartyA', 7), mintNode(folder.path, 'PartyB', 12)];
    const { healthcheck } = rig.tools('4.5');
    const spec = { minimumPlatformVersion: 'auto', nodes, cordapps: [healthcheck] } as const;
    const minted = await mint(spec, mintOptions(folder.path));

    expect(minted.minimumPlatformVersion).toBe(7);
    const jars = [healthcheck.sha256];
    expect(minted.whitelist).toEqual({
      'compat.healthcheck.NullContract': jars,
      'compat.healthcheck.NullContractV2': jars,
    });
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

  test('whitelists a contract of an unsigned jar that extends a class of a signed one', async () => {
    await using folder = await temporaryFolder();
    const tokens = await downloadArtefact('com.r3.corda.lib.tokens:tokens-contracts:1.2.5', rig.ctx, 'cordapps');
    const superclass = 'com.r3.corda.lib.tokens.contracts.EvolvableTokenContract';
    const file = join(folder.path, 'house.jar');
    await writeFile(
      file,
      await makeJar(
        classFiles(
          { name: 'demo.HouseContract', superclass },
          { name: 'demo.PlainContract', interfaces: ['net.corda.core.contracts.Contract'] },
          { name: 'demo.Plain' },
        ),
      ),
    );
    const house = { ...tokens, file, name: 'house.jar', sha256: 'ab' };
    const nodes = [mintNode(folder.path, 'PartyA', 7)];
    const whitelisted = async (...cordapps: readonly Artefact[]): Promise<readonly string[]> => {
      const { whitelist } = await mint({ minimumPlatformVersion: 'auto', nodes, cordapps }, mintOptions(folder.path));
      return Object.keys(whitelist);
    };
    expect(await whitelisted(house), 'alone').toEqual(['demo.PlainContract']);
    expect(await whitelisted(tokens, house)).toEqual(['demo.HouseContract', 'demo.PlainContract']);
  });

  test('once for the same nodes and addresses; others are minted anew', async () => {
    await using folder = await temporaryFolder();
    const env = { COMPAT_CACHE: join(folder.path, 'cache') };
    const { cache } = await createReleasesContext({ env, progress: SILENT, signal });
    const minted = async (name: string, platformVersion: number): Promise<string> => {
      const node = mintNode(join(folder.path, name), 'PartyA', platformVersion);
      const spec = { minimumPlatformVersion: 'auto', nodes: [node], cordapps: [] } as const;
      await mintOnce(spec, { ...mintOptions(folder.path), cache });
      return (await readFile(join(node.baseDirectory, 'certificates/nodekeystore.jks'))).toString('hex');
    };
    const first = await minted('first', 7);
    expect(await minted('again', 7)).toBe(first);
    expect(await minted('other', 8)).not.toBe(first);
    // One that fails is not kept.
    await expect(
      mintOnce({ minimumPlatformVersion: 'auto', nodes: [], cordapps: [] }, { ...mintOptions(folder.path), cache }),
    ).rejects.toThrow(/at least one node/);
    expect(await readdir(join(folder.path, 'cache/entries/zone'))).toHaveLength(2);
  });

  test('a minimum platform version above a node’s is minted as asked: the node is the one to refuse it', async () => {
    await using folder = await temporaryFolder();
    const nodes = [mintNode(folder.path, 'PartyA', 4)];
    const spec = { minimumPlatformVersion: 12, nodes, cordapps: [] } as const;
    expect((await mint(spec, mintOptions(folder.path))).minimumPlatformVersion).toBe(12);
  });

  test('a name that Corda does not accept is told in the minter’s own words', async () => {
    await using folder = await temporaryFolder();
    const nodes = [{ ...mintNode(folder.path, 'PartyA', 4), party: 'O=PartyA, C=Nowhere' }];
    const spec = { minimumPlatformVersion: 'auto', nodes, cordapps: [] } as const;
    await expect(mint(spec, mintOptions(folder.path))).rejects.toMatchObject({
      failure: { outcome: 'blocked', step: 'zone', message: expect.stringContaining('O=PartyA, C=Nowhere') as string },
    });
  });
});

describe('schemaTemplate', () => {
  test('is a database of a release that migrates, made once; Hibernate makes what has no scripts', async () => {
    await using folder = await temporaryFolder();
    const { healthcheck } = rig.tools('4.8');
    const common = { runtime: rig.jdk, notary: true, marker, limit, signal };
    const options = { ...common, minting: mintOptions(folder.path), logFile: join(folder.path, 'schema.log') };
    const templateOf = async (...cordapps: readonly CordappArtefact[]): Promise<SchemaTemplate> =>
      schemaTemplate({ ...options, cordapps, kit: rig.kit('4.8') }, rig.ctx.cache);
    const template = await templateOf(healthcheck);
    expect(template.nodeArgs).toEqual([]);
    const database = await readFile(template.database);
    expect(database.subarray(0, 4).toString()).toBe('H:2,');
    expect(await templateOf(healthcheck)).toEqual(template);
    const coordinate = 'net.corda:corda-finance:3.3-corda';
    const finance = await resolveCordapp({ kind: 'maven', coordinate }, '', rig.ctx);
    expect((await templateOf(healthcheck, finance)).nodeArgs).toEqual(['--allow-hibernate-to-manage-app-schema']);
  });
});

function infosOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.startsWith('nodeInfo-')).sort();
}

async function aliases(store: string, password: string): Promise<readonly string[]> {
  const keytool = join(rig.jdk.java, '../keytool');
  const args = ['-list', '-keystore', store, '-storepass', password];
  const { stdout } = await runCommand({ name: 'keytool', file: keytool, args, env: {}, limit, signal });
  return [...stdout.matchAll(/^([a-z-]+), /gm)].map(([, alias]) => alias ?? '').sort();
}
