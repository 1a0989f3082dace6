import { expect, test } from 'vitest';
import { CONTRACT, jarFacts, SCHEMA } from '../../../test/rig/inspected-jar.ts';
import { needsHibernateSchema } from './migration.ts';

test('Hibernate makes tables as soon as one CorDapp has some without scripts', () => {
  const contracts = { facts: jarFacts({ classes: [CONTRACT] }) };
  const tables = { facts: jarFacts({ classes: [{ ...SCHEMA, name: 'a.CashSchemaV1' }] }) };
  const scripts = { facts: jarFacts({ migrations: ['cash-schema-v1.changelog-master.xml'] }) };
  const others = { facts: jarFacts({ classes: [SCHEMA] }) };
  expect(needsHibernateSchema([])).toBe(false);
  expect(needsHibernateSchema([contracts])).toBe(false);
  expect(needsHibernateSchema([contracts, tables])).toBe(true);
  expect(needsHibernateSchema([contracts, tables, scripts])).toBe(false);
  expect(needsHibernateSchema([contracts, tables, scripts, others])).toBe(true);
});
