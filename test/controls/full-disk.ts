import type { Finding } from '../../src/harness/trade/views.ts';

/**
 * Nodes mostly recover from it. But a message that the node's broker has taken while nothing could be written may be lost, and a
 * payment that the notary has committed then waits for its payee for ever.
 */
export const FULL_DISK = 'the disk of a peer is full until it is started again';

/** All that may be found then: what follows from that payment, and from nothing else. */
export const LOST: readonly Finding['kind'][] = [
  'flow-left',
  'lock-left',
  'lost-payment',
  'transaction-missing',
  'vault-differs',
  'conservation',
];
