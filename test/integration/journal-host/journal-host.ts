import { Journal } from '../../../src/harness/trade/journal.ts';

/** What it prints of an operation, once the journal has taken it. */
export interface Acknowledged {
  readonly id: string;
  readonly event: 'invoked' | 'ended';
}

/** In flight at a time. */
const PARALLEL = 8;
const [, , path = '', writer = ''] = process.argv;
const journal = new Journal(path);

/** Goes on until it is killed. */
await Promise.all(Array.from({ length: PARALLEL }, (_, lane) => trade(lane)));

async function trade(lane: number): Promise<never> {
  for (let number = 0; ; number++) {
    const id = `${writer}-${lane}-${number}`;
    const sides = { from: 'party-a', to: 'party-b', fromRelease: '4.8', toRelease: '4.10' };
    await journal.invoked({ id, kind: 'pay', ...sides, amount: 1, currency: 'USD', by: 'x'.repeat(2_000) });
    await say({ id, event: 'invoked' });
    await journal.ended(id, { result: 'ok', transaction: id });
    await say({ id, event: 'ended' });
  }
}

/** Only what has left this process counts as said. */
function say(word: Acknowledged): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(word)}\n`, () => resolve()));
}
