import { expect, test } from 'vitest';
import type { CordappArtefact } from '../releases/artefacts.ts';
import { needsHibernateSchema } from './migration.ts';

function cordapp(name: string, hasMigrations: boolean): CordappArtefact {
  return { file: `/${name}`, name, sha256: name, origin: name, signed: true, hasMigrations };
}

test('Hibernate makes the tables only where no CorDapp brings its own', () => {
  const contracts = cordapp('contracts', false);
  expect(needsHibernateSchema([contracts, cordapp('workflows', true)])).toBe(false);
  expect(needsHibernateSchema([contracts, cordapp('healthcheck', false)])).toBe(true);
  expect(needsHibernateSchema([])).toBe(false);
});
