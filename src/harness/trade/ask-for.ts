import type { FlowResult } from '../lease/driver-api.ts';
import type { LeasedNode } from '../lease/lease.ts';
import type { Operation } from './operation.ts';
import type { DriverClient } from '../lease/driver-client.ts';
import type { StateRef } from './views.ts';

/** The network that is asked, as far as an operation needs it. */
export interface Asked {
  /** The driver of the node that does it. */
  readonly driver: DriverClient;
  /** The notary that the operation names; default: the network's first one. */
  readonly notary: LeasedNode;
  /** Party name of the payee. */
  readonly payee: string;
  /** The coin of a notary change; default: a coin of that amount in the vault. */
  readonly coin?: StateRef;
  /** Milliseconds. */
  readonly limitMs: number;
}

/** The common part of operations of suites and of replays. */
type Order = Pick<Operation, 'kind' | 'from' | 'anonymous' | 'notary' | 'amount' | 'currency'>;

/** The message for a notary change without such a coin. */
const NO_SUCH_COIN = 'no coin of this amount under another notary';

/** Has a node do an operation. @throws DriverCallError; Error NO_SUCH_COIN */
export async function askFor(order: Order, asked: Asked): Promise<FlowResult> {
  const { kind, from, anonymous = false, amount, currency } = order;
  const { driver, payee, limitMs } = asked;
  const notary = notaryParty(asked.notary);
  const request = { node: from, amount, currency, limitMs };
  switch (kind) {
    case 'issue':
      return await driver.issue({ ...request, notary });
    case 'pay':
      return await driver.pay({ ...request, to: payee, anonymous, ...(order.notary === undefined ? {} : { notary }) });
    case 'exit':
      return await driver.exit(request);
    case 'change-notary': {
      const { transaction, index } = asked.coin ?? (await coinOf(order, driver, notary));
      return await driver.changeNotary({ node: from, transaction, index, notary, limitMs });
    }
  }
}

async function coinOf({ from, amount, currency }: Order, driver: DriverClient, notary: string): Promise<StateRef> {
  const { states } = await driver.vault(from);
  const coin = states.find((state) => {
    return state.amount === amount && state.currency === currency && state.notary !== notary;
  });
  if (!coin) throw new Error(NO_SUCH_COIN);
  return coin;
}

/** The party by which a notary notarises. */
export function notaryParty({ notarisesAs, party }: LeasedNode): string {
  return notarisesAs ?? party;
}
