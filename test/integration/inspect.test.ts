import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import yazl from 'yazl';
import { expand } from '../../src/harness/config/expand.ts';
import { loadMatrix } from '../../src/harness/config/load.ts';
import { withJar } from '../../src/harness/support/jar.ts';
import { SILENT } from '../../src/harness/support/progress.ts';
import { inspectCordapps, resolveReleases } from '../../src/harness/provision/parts.ts';
import { createRunResources } from '../../src/harness/provision/run-resources.ts';
import { createReleasesContext, type ReleasesContext } from '../../src/harness/releases/context.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { classFiles } from '../rig/class-bytes.ts';
import { makeJar } from '../rig/releases-rig.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

// Real releases and CorDapps of Maven Central, from the user's own cache. What their nodes did with them stands beside each.

const signal = new AbortController().signal;
const finance = (version: string) =>
  ['contracts', 'workflows'].map((part) => `net.corda:corda-finance-${part}:${version}`);
const TOKENS = 'com.r3.corda.lib.tokens:tokens-contracts:1.2.5';
const TOKEN_WORKFLOWS = 'com.r3.corda.lib.tokens:tokens-workflows:1.2.5';

let ctx: ReleasesContext;

beforeAll(async () => {
  ctx = await createReleasesContext({ env: process.env, progress: SILENT, signal });
});

interface Case {
  readonly maven: readonly string[];
  /** Jars beside the matrix. */
  readonly jars?: Readonly<Record<string, Buffer>>;
  readonly releases?: readonly string[];
  readonly topology?: object;
}

/** The warnings of the inspection. @throws StepError with its refusal */
async function inspected({ maven, jars = {}, releases = ['4.5', '4.8'], topology }: Case): Promise<readonly string[]> {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(jars)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), content);
  }
  const matrix = {
    releases: Object.fromEntries(releases.map((version) => [version, { maven: version }])),
    cordapps: { maven, jar: Object.keys(jars) },
    ...(topology ? { topology } : {}),
  };
  await writeFile(join(folder.path, 'matrix.json'), JSON.stringify(matrix));
  const [cell] = expand(await loadMatrix({ cwd: folder.path, env: {}, now: new Date('2026-11-23') }));
  if (!cell) throw new Error('the matrix has no cell');
  const resources = createRunResources(ctx);
  return await inspectCordapps(cell, await resolveReleases(cell, resources, () => undefined), resources);
}

const BASE = 'com.r3.corda.lib.tokens.workflows.flows.move.AbstractMoveTokensFlow';

/** A CorDapp with a flow that extends one of the Token SDK. */
async function house(): Promise<Record<string, Buffer>> {
  const flow = { name: 'house.PayFlow', superclass: BASE, annotations: ['net.corda.core.flows.StartableByRPC'] };
  return { 'house.jar': await makeJar(classFiles(flow)) };
}

/** A jar of Maven Central with one file changed, its signature left as it is. */
async function changed(coordinate: string): Promise<Buffer> {
  const { file } = await downloadArtefact(coordinate, ctx, 'cordapps');
  return await withJar(file, async (jar) => {
    const zip = new yazl.ZipFile();
    for (const name of jar.names) {
      const content = (await jar.read(name)) ?? Buffer.alloc(0);
      zip.addBuffer(name.endsWith('/Cash.class') ? Buffer.concat([content, Buffer.from('!')]) : content, name);
    }
    zip.end();
    return await buffer(zip.outputStream);
  });
}

test.each([
  ['Corda’s finance of 4.5', finance('4.5')],
  [
    'the Token SDK with all of its jars',
    [...finance('4.5'), TOKENS, TOKEN_WORKFLOWS, 'com.r3.corda.lib.ci:ci-workflows:1.1.1'],
  ],
])('4.5 and 4.8 take %s, as their nodes do', async (_what, maven) => {
  expect(await inspected({ maven })).toEqual([]);
});

describe('what nodes did not take is told before they start', () => {
  test.each<[string, Case, 'incompatible' | 'not-built', RegExp]>([
    [
      // 4.5 starts; 4.8 ends with "missing table [fungible_token]".
      'tables without scripts',
      { maven: [...finance('4.5'), TOKENS] },
      'incompatible',
      /^tokens-contracts-1[.]2[.]5[.]jar has tables without migration scripts [(].*FungibleTokenSchemaV1.*[)]: 4[.]8 does not start/,
    ],
    [
      // Both end: UnsupportedClassVersionError.
      'a CorDapp for Java 17',
      { maven: [...finance('4.5'), 'com.r3.corda.lib.ci:ci-workflows:1.2'] },
      'not-built',
      /ci-workflows-1[.]2[.]jar is compiled for Java 17: 4[.]5 runs on Java 8; 4[.]8 runs on Java 8[.]/,
    ],
    [
      // Both end: "More than one CorDapp installed on the node for contract net.corda.finance.contracts.asset.Cash".
      'two versions of one CorDapp',
      { maven: [...finance('4.5'), ...finance('4.8')] },
      'not-built',
      /^corda-finance-contracts-4[.]5[.]jar and corda-finance-contracts-4[.]8[.]jar both bring the contract net[.]corda[.]finance/,
    ],
    [
      // Both start with it, and nothing says that it is none.
      'a jar of Corda itself',
      { maven: [...finance('4.5'), 'net.corda:corda-core:4.11.7'] },
      'not-built',
      /^corda-core-4[.]11[.]7[.]jar is no CorDapp: it holds classes of Corda itself [(]net[.]corda[.]core[.]/,
    ],
  ])('%s', async (_what, given, outcome, message) => {
    await expect(inspected(given)).rejects.toMatchObject({
      failure: { outcome, step: 'cordapps', message: expect.stringMatching(message) as string },
    });
  });

  test('a flow whose base class no jar brings', async () => {
    // Nodes end: NoClassDefFoundError.
    await expect(inspected({ maven: finance('4.5'), jars: await house() })).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        message: expect.stringMatching(
          new RegExp(
            `house[.]jar has the flow house[.]PayFlow, which needs ${BASE}: no jar of 4[.]5 brings that; no jar of 4[.]8`,
          ),
        ) as string,
      },
    });
  });

  test('a jar that is not as it was signed', async () => {
    // Nodes end: "SHA-256 digest error for net/corda/finance/contracts/asset/Cash.class".
    const jars = { 'broken/corda-finance-contracts-4.8.jar': await changed('net.corda:corda-finance-contracts:4.8') };
    await expect(inspected({ maven: ['net.corda:corda-finance-workflows:4.8'], jars })).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        message: expect.stringMatching(
          /broken[/]corda-finance-contracts-4[.]8[.]jar is not as it was signed: net[/]corda[/]finance[/]contracts[/]asset[/]Cash[.]class/,
        ) as string,
      },
    });
  });
});

test('a base class is in another CorDapp or in the release itself', async () => {
  expect(await inspected({ maven: [...finance('4.5'), TOKENS, TOKEN_WORKFLOWS], jars: await house() })).toEqual([]);
});

test('the development key is warned of where nodes register', async () => {
  const [contracts, workflows, ...more] = await inspected({
    maven: finance('4.5'),
    topology: { onboarding: 'doorman' },
  });
  expect(contracts).toMatch(
    /^corda-finance-contracts-4[.]5[.]jar is signed with Corda's development key: nodes outside/,
  );
  expect(workflows).toMatch(/^corda-finance-workflows-4[.]5[.]jar is signed/);
  expect(more).toEqual([]);
});

test('finance of 3.x has tables without scripts, which 4.8 takes in development mode', async () => {
  const given = { maven: ['net.corda:corda-finance:3.3-corda'], releases: ['3.3-corda', '4.8'] };
  expect(await inspected(given)).toEqual([
    expect.stringMatching(
      /^corda-finance-3[.]3-corda[.]jar has tables without .*: 4[.]8 takes it in development mode only[.]$/,
    ),
  ]);
  await expect(inspected({ ...given, topology: { onboarding: 'doorman' } })).rejects.toMatchObject({
    failure: { outcome: 'incompatible' },
  });
});
