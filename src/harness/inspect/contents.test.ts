import { describe, expect, test } from 'vitest';
import type { ClassSpec } from '../../../test/rig/class-bytes.ts';
import { CONTRACT, FLOW, jarFacts, SCHEMA, STATE } from '../../../test/rig/inspected-jar.ts';
import { Contents, scriptOf } from './contents.ts';

const PLAIN: ClassSpec = { name: 'app.Plain' };

describe('kinds of classes', () => {
  test('are told by what a class extends, implements or is annotated with', () => {
    const service = { name: 'app.Service', annotations: ['net.corda.core.node.services.CordaService'] };
    const serializer = { name: 'app.Serializer', interfaces: ['net.corda.core.serialization.SerializationWhitelist'] };
    const jar = jarFacts({ classes: [CONTRACT, FLOW, STATE, SCHEMA, service, serializer, PLAIN] });
    expect(new Contents([jar]).found(jar).map(({ kind, facts }) => [kind, facts.name])).toEqual([
      ['contract', 'app.Contract'],
      ['flow', 'app.Flow'],
      ['state', 'app.State'],
      ['schema', 'app.HouseSchemaV1'],
      ['service', 'app.Service'],
      ['serializer', 'app.Serializer'],
    ]);
  });

  test('are told through classes of other jars', () => {
    const base = jarFacts({ classes: [{ ...CONTRACT, name: 'base.Evolvable', abstract: true }] });
    const own = jarFacts({ classes: [{ name: 'app.House', superclass: 'base.Evolvable' }] });
    expect(new Contents([own, base]).found(own)).toMatchObject([
      { kind: 'contract', ancestors: ['base.Evolvable', 'net.corda.core.contracts.Contract'] },
    ]);
    expect(new Contents([own]).found(own)).toEqual([]);
  });

  test('are told by the first of two jars with a class, as a class loader does', () => {
    const own = jarFacts({ classes: [{ name: 'app.House', superclass: 'base.Base' }] });
    const [contract, other] = [
      jarFacts({ classes: [{ ...CONTRACT, name: 'base.Base' }] }),
      jarFacts({ classes: [{ name: 'base.Base' }] }),
    ];
    expect(new Contents([own, contract, other]).found(own)).toHaveLength(1);
    expect(new Contents([own, other, contract]).found(own)).toEqual([]);
  });

  test('an annotated flow is one whatever it extends', () => {
    const jar = jarFacts({ classes: [{ ...FLOW, superclass: 'lost.Base' }] });
    expect(new Contents([jar]).found(jar)).toMatchObject([{ kind: 'flow', ancestors: ['lost.Base'] }]);
  });

  test('sessions and exceptions of flows are no flows', () => {
    const parents = ['flows.FlowSession', 'flows.FlowException', 'flows.UnexpectedFlowEndException'];
    const classes = parents.map((name, index) => ({ name: `app.C${index}`, superclass: `net.corda.core.${name}` }));
    const jar = jarFacts({ classes });
    expect(new Contents([jar]).found(jar)).toEqual([]);
  });

  test('classes that extend each other in a circle end the search', () => {
    const jar = jarFacts({
      classes: [
        { name: 'a.A', superclass: 'a.B' },
        { name: 'a.B', superclass: 'a.A' },
      ],
    });
    expect(new Contents([jar]).found(jar)).toEqual([]);
  });
});

describe('migration scripts', () => {
  test('have the name of their schema', () => {
    expect(scriptOf('x.FungibleTokenSchemaV1')).toBe('fungible-token-schema-v1.changelog-master');
    expect(scriptOf('x.Outer$IOUSchema')).toBe('i-o-u-schema.changelog-master');
  });

  test.each([
    ['none', SCHEMA, [], ['app.HouseSchemaV1']],
    ['the one after its name', SCHEMA, ['house-schema-v1.changelog-master.json'], []],
    ['the one that it names', { ...SCHEMA, script: 'house' }, ['house.xml'], []],
    ['the one that it names, as SQL', { ...SCHEMA, script: 'house' }, ['house.sql'], ['app.HouseSchemaV1']],
    ['that of another schema', SCHEMA, ['cash.changelog-master.xml'], ['app.HouseSchemaV1']],
    ['none, being abstract', { ...SCHEMA, abstract: true }, [], []],
  ] as const)('a schema with %s', (_what, schema, migrations, without) => {
    // Scripts may be in another jar than the schema.
    const jars = [jarFacts({ classes: [schema] }), jarFacts({ migrations: [...migrations] })];
    expect(new Contents(jars).schemasWithoutScripts().map((each) => each.schema)).toEqual(without);
  });

  test('a schema may inherit the name of its script', () => {
    const base = { ...SCHEMA, name: 'app.Base', abstract: true, script: 'base' };
    const jar = jarFacts({ classes: [base, { name: 'app.Own', superclass: 'app.Base' }], migrations: ['base.xml'] });
    expect(new Contents([jar]).schemasWithoutScripts()).toEqual([]);
  });
});
