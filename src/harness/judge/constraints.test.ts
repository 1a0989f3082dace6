import { expect, test } from 'vitest';
import { constrained } from '../testing/fault-places.ts';
import { HonestWorld } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { A, B, issue, pay } from '../testing/planted-faults.ts';

const honest = new HonestWorld().run([issue(A, 5_00), issue(B, 5_00), pay(A, B, 1_00)]).views();

test('constraints that do not agree are told with what each side carries', () => {
  const cordapps = [{ name: 'corda-finance-contracts-4.5.jar', sha256: 'a', signed: true }];
  const parties = honest.parties.map((party) => (party.id === 'party-b' ? { ...party, cordapps } : party));
  const views = constrained({ ...honest, parties }, 'T2(0)', 'signature');
  expect(judge(views).map(({ message }) => message)).toEqual([
    'constraints do not agree: 4.8 (party-a) issues with the constraint whitelisted and carries unknown CorDapps; 4.10 (party-b) issues with the constraint signature and carries corda-finance-contracts-4.5.jar (signed)',
  ]);
});

test('what lay there before the suites is not asked for its constraint', () => {
  const baseline = { ...honest, journal: [] };
  const odd = constrained(honest, 'T2(0)', 'signature');
  expect(judge({ ...odd, journal: [] }, baseline)).toEqual([]);
});
