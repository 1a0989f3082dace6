import { describe, expect, test } from 'vitest';
import type { ClassSpec } from '../../../test/rig/class-bytes.ts';
import { CONTRACT, FLOW, inspectedJar, SCHEMA, STATE, type JarSpec } from '../../../test/rig/inspected-jar.ts';
import { platformFactsOf, type PlatformFacts } from '../corda/facts.ts';
import { inspect, type Inspected } from './rules.ts';

const APP: JarSpec = { classes: [CONTRACT, FLOW, STATE] };
const DEVELOPMENT = 'aa59d829f2ca8fddf5abea40d815f937e3e54e572b65b93b5c216ae6594e7d6b';

/** A release with these CorDapps, by their names. */
function release(version: string, cordapps: Record<string, JarSpec>, more: Partial<Inspected> = {}): Inspected {
  const facts = platformFactsOf(version) as PlatformFacts;
  const jars = Object.entries(cordapps).map(([what, spec]) => inspectedJar(what, spec));
  return { id: version, facts, java: facts.java, cordapps: jars, registers: false, ...more };
}

/** `refused` or `warning`, and what is wrong here. */
async function told(...of: Parameters<typeof release>): Promise<readonly string[]> {
  const findings = await inspect(release(...of));
  return findings.map(({ refused, what, here }) => `${refused ? 'refused' : 'warning'}: ${what}: ${here}`);
}

test('CorDapps without a fault have no finding in any release', async () => {
  for (const version of ['3.3', '4.0', '4.3', '4.5', '4.8', '4.11', '4.12'])
    expect(await told(version, { 'a.jar': APP })).toEqual([]);
});

describe('platform versions', () => {
  const wants6 = { 'a.jar': { ...APP, manifest: { 'Min-Platform-Version': '6', 'Target-Platform-Version': '140' } } };

  test('a minimum above that of the release is refused, by later releases at the start', async () => {
    expect(await told('4.3', wants6)).toEqual([
      'refused: a.jar asks for platform version 6: 4.3 has 5 and starts without it',
    ]);
    const wants14 = { 'a.jar': { ...APP, manifest: { 'Min-Platform-Version': '14' } } };
    expect(await told('4.8', wants14)).toEqual([
      'refused: a.jar asks for platform version 14: 4.8 has 10 and does not start with it',
    ]);
  });

  test('an equal minimum, and any target, are taken', async () => {
    expect(await told('4.4', wants6)).toEqual([]);
  });

  test('3.x does not ask', async () => {
    expect(await told('3.3', wants6)).toEqual([
      'warning: a.jar asks for platform version 6: 3.3 has 3 and does not ask',
    ]);
  });
});

describe('versions of CorDapps', () => {
  test.each(['1.0', 'one', '0', '-1', ''])('%j is no version', async (version) => {
    const manifest = { 'Cordapp-Contract-Name': 'A', 'Cordapp-Contract-Version': version };
    const words = `a.jar has the Cordapp-Contract-Version ${JSON.stringify(version)}`;
    expect(await told('4.5', { 'a.jar': { ...APP, manifest } })).toEqual([
      `refused: ${words}: 4.5 does not start with it`,
    ]);
    expect(await told('3.3', { 'a.jar': { ...APP, manifest } })).toEqual([]);
  });

  test('a named workflow needs one', async () => {
    const named = { 'a.jar': { ...APP, manifest: { 'Cordapp-Workflow-Name': 'A' } } };
    expect(await told('4.5', named)).toEqual([
      'refused: a.jar has no Cordapp-Workflow-Version: 4.5 does not start with it',
    ]);
    const whole = { 'Cordapp-Workflow-Name': 'A', 'Cordapp-Workflow-Version': '2', 'Cordapp-Contract-Version': 'x' };
    expect(await told('4.5', { 'a.jar': { ...APP, manifest: whole } })).toEqual([]);
  });
});

describe('Java', () => {
  test('classes that nodes load must not be newer than the Java of the release', async () => {
    const newer = { 'a.jar': { classes: [{ ...FLOW, major: 61 }] } };
    expect(await told('4.8', newer)).toEqual(['refused: a.jar is compiled for Java 17: 4.8 runs on Java 8']);
    expect([await told('4.12', newer), await told('4.8', newer, { java: 17 })]).toEqual([[], []]);
  });

  test('a class that no node looks for may be of any Java', async () => {
    expect(await told('4.8', { 'a.jar': { classes: [FLOW, { name: 'app.Tool', major: 65 }] } })).toEqual([]);
  });
});

describe('Kotlin', () => {
  const of = (...versions: readonly number[][]) => ({
    'a.jar': { classes: versions.map((kotlin, index) => ({ ...FLOW, name: `app.Flow${index}`, kotlin })) },
  });

  test('1.2 is refused from 4.12 on', async () => {
    expect(await told('4.11', of([1, 1, 11]))).toEqual([]);
    expect(await told('4.12', of([1, 1, 11], [1, 1, 13]))).toEqual([
      'refused: a.jar is compiled by Kotlin 1.2: 4.12 takes CorDapps of 4.12 or later only',
    ]);
  });

  test('the newest class counts', async () => {
    expect([await told('4.12', of([1, 1, 11], [1, 9, 0])), await told('4.12', of([2, 0, 0]))]).toEqual([[], []]);
  });
});

describe('signatures', () => {
  test('a broken one is refused by every release', async () => {
    const broken = { 'a.jar': { ...APP, signatures: { broken: 'app/Flow.class is not the file that was signed' } } };
    const words =
      'refused: a.jar is not as it was signed: app/Flow.class is not the file that was signed: Java does not load it';
    expect([await told('3.3', broken), await told('4.8', broken)]).toEqual([[words], [words]]);
  });

  test('the development key is warned of where nodes register', async () => {
    const signed = { 'a.jar': { ...APP, signatures: { signers: [{ name: 'CN=x', key: DEVELOPMENT }] } } };
    expect(await told('4.8', signed)).toEqual([]);
    expect(await told('3.3', signed, { registers: true })).toEqual([]);
    expect(await told('4.8', signed, { registers: true })).toEqual([
      "warning: a.jar is signed with Corda's development key: nodes outside development mode refuse it, but those of this run do not",
    ]);
  });
});

describe('tables', () => {
  const tables = { 'a.jar': { classes: [CONTRACT, SCHEMA] } };

  test('without scripts are refused from 4.6 on', async () => {
    expect(await told('4.5', tables)).toEqual([]);
    expect(await told('4.6', tables)).toEqual([
      'refused: a.jar has tables without migration scripts (HouseSchemaV1): 4.6 does not start with it, as no release from 4.6 on does',
    ]);
  });

  test('with scripts in another jar are taken', async () => {
    const scripts = { migrations: ['house-schema-v1.changelog-master.xml'] };
    expect(await told('4.8', { ...tables, 'b.jar': scripts })).toEqual([]);
  });

  test('of the finance CorDapp of 3.x are taken in development mode only', async () => {
    const finance = { 'a.jar': { classes: [{ ...SCHEMA, name: 'net.corda.finance.schemas.CashSchemaV1' }] } };
    const words = 'a.jar has tables without migration scripts (CashSchemaV1)';
    expect(await told('4.8', finance)).toEqual([`warning: ${words}: 4.8 takes it in development mode only`]);
    expect(await told('4.8', finance, { registers: true })).toMatchObject([
      expect.stringContaining(`refused: ${words}`),
    ]);
  });
});

describe('classes in two jars', () => {
  const twice = (spec: ClassSpec) => ({ 'a.jar': { classes: [spec] }, 'b.jar': { classes: [spec] } });

  test('a contract is refused from 4.3 on', async () => {
    const words = 'a.jar and b.jar both bring the contract app.Contract';
    expect(await told('4.1', twice(CONTRACT))).toEqual([`warning: ${words}: 4.1 takes it from one of them`]);
    expect(await told('4.3', twice(CONTRACT))).toEqual([`refused: ${words}: 4.3 does not work with both`]);
  });

  test('a flow is refused by 4.x', async () => {
    const words = 'a.jar and b.jar both bring the flow app.Flow';
    expect(await told('3.3', twice(FLOW))).toEqual([`warning: ${words}: 3.3 takes it from one of them`]);
    expect(await told('4.0', twice(FLOW))).toEqual([`refused: ${words}: 4.0 does not work with both`]);
  });

  test('anything else may be there twice', async () => {
    const both = { classes: [{ name: 'kotlin.Unit' }, { ...FLOW, name: 'lib.AbstractFlow', abstract: true }] };
    const [a, b] = [{ classes: [FLOW, ...both.classes] }, { classes: [CONTRACT, ...both.classes] }];
    expect(await told('4.8', { 'a.jar': a, 'b.jar': b })).toEqual([]);
  });
});

describe('missing classes', () => {
  const lost: ClassSpec = { ...FLOW, superclass: 'lost.Base' };
  const lacks = (classes: ReadonlySet<string>) =>
    Promise.resolve(new Set([...classes].filter((each) => /^lost/.test(each))));

  test('a class that nodes load needs all that it extends', async () => {
    expect(await told('4.8', { 'a.jar': { classes: [lost] } }, { lacks })).toEqual([
      'refused: a.jar has the flow app.Flow, which needs lost.Base: no jar of 4.8 brings that',
    ]);
  });

  test('another CorDapp may bring it, and nobody says where the release is not at hand', async () => {
    const brought = { 'a.jar': { classes: [lost] }, 'b.jar': { classes: [{ ...FLOW, name: 'lost.Base' }] } };
    expect(await told('4.8', brought, { lacks })).toEqual([]);
    expect(await told('4.8', { 'a.jar': { classes: [lost] } })).toEqual([]);
  });

  test('a class that nodes do not load may need what it likes', async () => {
    const classes: ClassSpec[] = [
      FLOW,
      { name: 'app.Gui', superclass: 'lost.Frame' },
      { ...STATE, superclass: 'lost.X' },
    ];
    expect(await told('4.8', { 'a.jar': { classes } }, { lacks })).toEqual([]);
  });
});

describe('no CorDapps', () => {
  test('a jar of Corda itself is refused, and nothing else is said of it', async () => {
    const core: JarSpec = { classes: [{ ...SCHEMA, name: 'net.corda.core.schemas.CommonSchemaV1' }] };
    expect(await told('4.8', { 'core.jar': core, 'a.jar': APP })).toEqual([
      'refused: core.jar is no CorDapp: it holds classes of Corda itself (net.corda.core.schemas.CommonSchemaV1): every node has its own',
    ]);
  });

  test('a CorDapp with classes of Corda beside its own is one', async () => {
    const fat = { 'a.jar': { classes: [CONTRACT, { name: 'net.corda.core.Utils' }] } };
    expect(await told('4.8', fat)).toEqual([]);
  });

  test('a library is warned of, scripts alone are not', async () => {
    expect(await told('4.8', { 'a.jar': { classes: [{ name: 'lib.A' }] } })).toEqual([
      'warning: a.jar is no CorDapp: it holds no contract, state, flow, schema or service: nodes take it as a library',
    ]);
    expect(await told('4.8', { 'a.jar': { migrations: ['a.xml'] } })).toEqual([]);
  });
});
