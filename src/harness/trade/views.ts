import { z } from 'zod';
import type {
  CashState,
  FlowsView,
  NotaryLogView,
  TransactionsView,
  VaultRowsView,
  VaultView,
} from '../lease/driver-api.ts';
import type { LeasedNode } from '../lease/lease.ts';
import type { JournaledOperation, JournalContents } from './journal.ts';

/** Name for the author of operations from before the suites, on a network that stays. */
export const BEFORE = 'before the suites';

/** The facts of a node that the oracle needs. */
export type JudgedNode = Pick<
  LeasedNode,
  'id' | 'party' | 'release' | 'notary' | 'keepsRefusals' | 'validating' | 'notarisesAs' | 'cordapps'
>;

/** All that the oracle judges: the operations, and the nodes' views of a quiet network. */
export interface Views {
  readonly journal: readonly JournaledOperation[];
  /** How many double spends each notary refused, by its node id. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Ids of nodes that were killed while they traded. */
  readonly killed: readonly string[];
  /** One of every peer: the vault as RPC tells it. */
  readonly vaults: readonly VaultView[];
  /** The vault as the node's database has it, of every peer whose database was read. */
  readonly rows?: readonly VaultRowsView[];
  /** One of every peer, and of every validating notary. */
  readonly transactions: readonly TransactionsView[];
  /** One of every notary. */
  readonly notaryLog: readonly NotaryLogView[];
  readonly flows: readonly FlowsView[];
  readonly parties: readonly JudgedNode[];
}

/** A fault: a sentence with parties, releases and amounts. */
export interface Finding {
  readonly kind:
    | 'conservation'
    | 'vault-differs'
    | 'lost-payment'
    | 'transaction-missing'
    | 'transaction-differs'
    | 'unverified-transaction'
    | 'notary-differs'
    | 'double-spend'
    | 'rpc-differs'
    | 'constraint-differs'
    | 'foreign-coin'
    | 'unexplained-transaction'
    | 'lock-left'
    | 'flow-left';
  readonly message: string;
}

export interface StateRef {
  readonly transaction: string;
  readonly index: number;
}

/** Whether the key of a coin's owner names no party: then the vault with the coin decides the owner. */
export function isAnonymous({ owner }: Pick<CashState, 'owner'>): boolean {
  return owner.startsWith('anonymous ');
}

/** A state reference as Corda writes it. */
export function refOf({ transaction, index }: StateRef): string {
  return `${transaction}(${index})`;
}

/** The files of a cell's folder that a recheck needs. */
export const JOURNAL_FILE = 'journal.jsonl';
export const VIEWS_FILE = 'views.json';

/** The views of the nodes. The operations are in the journal. */
export type StoredViews = Omit<Views, 'journal' | 'refusals' | 'killed'>;

/** Views together with the journal. */
export function withJournal({ operations, refusals, killed }: JournalContents, views: StoredViews): Views {
  return { journal: operations, refusals, killed, ...views };
}

const node = z.string();
const ref = { transaction: z.string(), index: z.int() };
const coin = { ...ref, amount: z.int(), currency: z.string() };
const constraint = z.enum(['always-accept', 'hash', 'whitelisted', 'signature']).exactOptional();
const notary = z.string().exactOptional();

const state = z.object({
  ...coin,
  issuer: z.string(),
  owner: z.string(),
  anonymous: z.boolean().exactOptional(),
  constraint,
  notary,
});
const row = z.object({
  ...coin,
  spent: z.boolean(),
  consumedBy: z.string().exactOptional(),
  lock: z.string().exactOptional(),
  constraint,
  notary,
});
const party = z.object({
  id: z.string(),
  party: z.string(),
  release: z.string(),
  notary: z.boolean(),
  validating: z.boolean().exactOptional(),
  notarisesAs: z.string().exactOptional(),
  cordapps: z.array(z.object({ name: z.string(), sha256: z.string(), signed: z.boolean() })).exactOptional(),
  keepsRefusals: z.boolean(),
});

/** Strict: an unknown field might decide the verdict. */
const storedViews = z.strictObject({
  vaults: z.array(z.object({ node, states: z.array(state) })),
  rows: z.array(z.object({ node, rows: z.array(row) })).exactOptional(),
  transactions: z.array(
    z.object({ node, transactions: z.array(z.string()), unverified: z.array(z.string()).exactOptional() }),
  ),
  notaryLog: z.array(z.object({ node, commits: z.array(z.object({ ...ref, consumedBy: z.string() })) })),
  flows: z.array(
    z.object({ node, flows: z.array(z.object({ id: z.string(), flow: z.string() })), checkpoints: z.int() }),
  ),
  parties: z.array(party),
  /** For people. A recheck takes them from the journal and makes the findings anew. */
  refusals: z.unknown(),
  findings: z.unknown(),
});

/** Reads the stored views of a cell. @throws Error with the fault of the text */
export function parseViews(text: string): StoredViews {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`it is not JSON, perhaps cut short while it was written: ${String(cause)}`, { cause });
  }
  const parsed = storedViews.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error), { cause: parsed.error });
  const { vaults, rows, transactions, notaryLog, flows, parties } = parsed.data;
  return { vaults, ...(rows && { rows }), transactions, notaryLog, flows, parties };
}

/** Whether a node has no flow in flight and keeps no checkpoint but those that its release is known to keep. */
export function isQuiet(
  { node, flows, checkpoints }: FlowsView,
  {
    parties,
    refusals,
  }: Pick<Views, 'refusals'> & { readonly parties: readonly Pick<JudgedNode, 'id' | 'keepsRefusals'>[] },
): boolean {
  const keeps = parties.find(({ id }) => id === node)?.keepsRefusals ?? false;
  return flows.length === 0 && checkpoints <= (keeps ? (refusals[node] ?? 0) : 0);
}

/** `CashPaymentFlow × 3, NotariseFlow` */
export function flowWords(flows: FlowsView['flows']): string {
  const counts = new Map<string, number>();
  for (const { flow } of flows) {
    const name = flow.split('.').at(-1) ?? flow;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} × ${count}`)).join(', ');
}
