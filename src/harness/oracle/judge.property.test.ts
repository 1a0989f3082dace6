import { test as property, fc } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { HonestWorld } from './honest-world.ts';
import type { Command } from './honest-world.ts';
import { judge } from './judge.ts';
import { C, change, issue, loseAt, pay, pick } from './planted-faults.ts';
import type { Finding, Views } from './records.ts';
import { refOf } from './records.ts';

function kinds(views: Views): readonly Finding['kind'][] {
  return [...new Set(judge(views).map(({ kind }) => kind))];
}

const commands = fc.array(
  fc.record<Command>({
    kind: fc.constantFrom('issue', 'issue', 'pay', 'pay', 'pay', 'exit', 'notarise'),
    from: fc.nat(2),
    to: fc.nat(2),
    amount: fc.integer({ min: 1, max: 50_00 }),
    currency: fc.constantFrom('USD', 'USD', 'EUR'),
    end: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'failed', 'failed-but-done', 'unknown', 'unknown-but-done'),
  }),
  { maxLength: 40 },
);
/** No operation but a payment is left without a certain end. */
const certainSupply = commands.map((list) =>
  list
    .filter(({ kind }) => kind !== 'exit')
    .map((command): Command => (command.kind === 'pay' ? command : { ...command, end: 'ok' })),
);
/** Everything gets an answer; exits and payments still fail for lack of money. */
const answeredOnly = commands.map((list) => list.map((command): Command => ({ ...command, end: 'ok' })));

const payments = fc
  .record({ from: fc.nat(2), step: fc.integer({ min: 1, max: 2 }), amount: fc.integer({ min: 1, max: 50_00 }) })
  .map(({ from, step, amount }) => pay(from, (from + step) % 3, amount));

describe('any history', () => {
  property.prop([commands])('an honest one has no finding', (history) => {
    expect(judge(new HonestWorld().run(history).views())).toEqual([]);
  });

  property.prop([commands, payments])('a lost payment that was answered is found', (history, last) => {
    const world = new HonestWorld().run([...history, ...funded(last)]).views();
    expect(kinds(loseAt(world, payeeOf(last), lastTransaction(world)))).toContain('lost-payment');
  });

  property.prop([certainSupply, payments])('a lost payment without an answer is found', (history, last) => {
    const unanswered: Command = { ...last, end: 'unknown-but-done' };
    const world = new HonestWorld().run([...history, ...funded(unanswered)]).views();
    expect(kinds(loseAt(world, payeeOf(last), lastTransaction(world)))).toContain('conservation');
  });

  for (const [name, histories] of [
    ['payments without an answer', certainSupply],
    ['every answer given', answeredOnly],
  ] as const) {
    describe(`with ${name}`, () => {
      const planted = {
        histories,
        which: fc.nat(),
        by: fc.integer({ min: -50_00, max: 50_00 }).filter((by) => by !== 0),
      };

      property.prop([planted.histories, planted.which, planted.by])(
        'an altered amount is found',
        (history, which, by) => {
          const world = new HonestWorld().run([...history, issue(C, 1_00)]).views();
          const altered = change(world, refOf(pick(world, which)), (state) => [
            { ...state, amount: state.amount + by },
          ]);
          expect(kinds(altered)).toContain('conservation');
        },
      );

      property.prop([planted.histories, planted.which])('a duplicated coin is found', (history, which) => {
        const world = new HonestWorld().run([...history, issue(C, 1_00)]).views();
        const duplicated = change(world, refOf(pick(world, which)), (state) => [state, { ...state, index: 99 }]);
        expect(kinds(duplicated)).toContain('conservation');
      });

      property.prop([planted.histories, planted.which])('a vanished coin is found', (history, which) => {
        const world = new HonestWorld().run([...history, issue(C, 1_00)]).views();
        expect(kinds(change(world, refOf(pick(world, which)), () => []))).toContain('conservation');
      });
    });
  }

  property.prop([commands, fc.nat(3)])('a left-over flow is found', (history, which) => {
    const world = new HonestWorld().run(history).views();
    const flows = world.flows.map((view, index) => (index === which ? { ...view, checkpoints: 1 } : view));
    expect(kinds({ ...world, flows })).toEqual(['flow-left']);
  });
});

/** A payment to another, with the money for it issued before. */
function funded(payment: Command): readonly Command[] {
  return [issue(payment.from, payment.amount), payment];
}

function payeeOf({ to }: Command): string {
  return `party-${'abc'.charAt(to)}`;
}

function lastTransaction(views: Views): string {
  const known = views.transactions.flatMap(({ transactions }) => transactions).map((name) => Number(name.slice(1)));
  return `T${Math.max(...known)}`;
}
