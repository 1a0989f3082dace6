import type { FlowResult } from '../lease/driver-api.ts';
import type { LeasedNode } from '../lease/lease.ts';
import type { Operation } from './operation.ts';
import type { DriverClient } from '../lease/driver-client.ts';
import type { StateRef } from './views.ts';

/** The network that is asked, as far as an operation needs it. */
export interface Asked {
  /** The driver of who does it. */
  readonly driver: DriverClient;
  /** The one that the operation names, otherwise the network's first. */
  readonly notary: LeasedNode;
  /** Party name of who is paid. */
  readonly payee: string;
  /** Of a change of notary; a coin of that amount in the vault where it is left out. */
  readonly coin?: StateRef;
  /** Milliseconds. */
  readonly limitMs: number;
}

/** What operations have in common, whether a suite asks for them or a replay. */
type Order = Pick<Operation, 'kind' | 'from' | 'anonymous' | 'notary' | 'amount' | 'currency'>;

/** Says that a coin which another notary is to get is not there. */
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

/** The party by which a notary is asked. */
export function notaryParty({ notarisesAs, party }: LeasedNode): string {
  return notarisesAs ?? party;
}
