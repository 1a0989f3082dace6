import { test as property, fc } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { FAULT_CLASSES } from '../testing/faults.ts';
import { HonestWorld, type Command } from '../testing/honest-world.ts';
import { judge } from './judge.ts';
import { C, issue, loseAt, pay, withoutRows } from '../testing/planted-faults.ts';
import type { Finding, Views } from '../trade/views.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 10_000);
/** Histories of each kind that is honest, and faults of each class. */
const HONEST = { numRuns: RUNS };
const FAULTY = { numRuns: RUNS / 10 };
const LIMIT_MS = 300_000;

function kinds(views: Views): ReadonlySet<Finding['kind']> {
  return new Set(judge(views).map(({ kind }) => kind));
}

const commands = fc.array(
  fc.record<Command>({
    kind: fc.constantFrom('issue', 'issue', 'pay', 'pay', 'pay', 'exit', 'change-notary', 'notarise'),
    notary: fc.nat(1),
    from: fc.nat(2),
    to: fc.nat(2),
    // Often the same ones, so that operations without an ok are taken for each other.
    amount: fc.oneof(fc.integer({ min: 1, max: 50_00 }), fc.constantFrom(1_00, 2_00, 5_00)),
    currency: fc.constantFrom('USD', 'USD', 'EUR'),
    end: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'failed', 'failed-but-done', 'unknown', 'unknown-but-done'),
    anonymous: fc.constantFrom(false, false, true),
  }),
  { maxLength: 40 },
);
/** Only payments are left without a certain end. */
const certainSupply = commands.map((list) =>
  list
    .filter(({ kind }) => kind !== 'exit')
    .map((command): Command => (command.kind === 'pay' ? command : { ...command, end: 'ok' })),
);
const payment = fc
  .record({ from: fc.nat(2), step: fc.integer({ min: 1, max: 2 }), amount: fc.integer({ min: 1, max: 50_00 }) })
  .map(({ from, step, amount }) => pay(from, (from + step) % 3, amount));
const which = fc.nat();
const by = fc.integer({ min: -50_00, max: 50_00 }).filter((amount) => amount !== 0);

describe('an honest history has no finding', { timeout: LIMIT_MS }, () => {
  property.prop([commands], HONEST)('with all views', (history) => {
    expect(judge(new HonestWorld().run(history).views())).toEqual([]);
  });

  property.prop([commands], HONEST)('without databases', (history) => {
    expect(judge(withoutRows(new HonestWorld().run(history).views()))).toEqual([]);
  });

  property.prop([commands], FAULTY)("where the notary's log was not read", (history) => {
    const views = withoutRows(new HonestWorld().run(history).views());
    expect(judge({ ...views, notaryLog: [] })).toEqual([]);
  });
});

describe.each(FAULT_CLASSES)('$name is found', { timeout: LIMIT_MS }, ({ plant, caughtAs, byRpcAlone }) => {
  property.prop([commands, payment, which, by], FAULTY)('with all views', (history, last, ...choice) => {
    expectCaught(new HonestWorld().run([...history, ...funded(last)]).views(), choice);
  });

  if (byRpcAlone) {
    property.prop([certainSupply, payment, which, by], FAULTY)('without databases', (history, last, ...choice) => {
      expectCaught(withoutRows(new HonestWorld().run([...history, ...funded(last)]).views()), choice);
    });
  }

  function expectCaught(honest: Views, [at, amount]: [number, number]): void {
    const faulty = plant(honest, at, amount);
    fc.pre(faulty !== undefined);
    const found = [...kinds(faulty)];
    expect(found, `at least one of ${caughtAs.join(', ')}`).toSatisfy(() =>
      found.some((kind) => caughtAs.includes(kind)),
    );
  }
});

describe('a lost payment without an answer is found', { timeout: LIMIT_MS }, () => {
  const lastLost = (history: readonly Command[], last: Command): Views => {
    const unanswered: Command = { ...last, end: 'unknown-but-done' };
    const world = new HonestWorld().run([...history, ...funded(unanswered)]).views();
    return loseAt(world, payeeOf(last), lastTransaction(world));
  };

  property.prop([commands, payment], FAULTY)('with all views', (history, last) => {
    // It would be as if this had happened instead.
    fc.pre(!history.some((other) => other.kind === 'exit' && other.amount === last.amount));
    const found = kinds(lastLost(history, last));
    expect(found).toContain('conservation');
    expect(found).toContain('lost-payment');
  });

  property.prop([certainSupply, payment], FAULTY)('without databases', (history, last) => {
    expect(kinds(withoutRows(lastLost(history, last)))).toContain('conservation');
  });
});

/** A payment to another, with the money for it issued before, and a coin of a peer that did nothing with it. */
function funded(payment: Command): readonly Command[] {
  return [issue(C, 1_00), issue(payment.from, payment.amount), payment];
}

function payeeOf({ to }: Command): string {
  return `party-${'abc'.charAt(to)}`;
}

function lastTransaction(views: Views): string {
  const known = views.transactions.flatMap(({ transactions }) => transactions).map((name) => Number(name.slice(1)));
  return `T${Math.max(...known)}`;
}
