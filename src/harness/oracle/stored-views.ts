import { z } from 'zod';
import type { JournalContents } from './journal.ts';
import type { Views } from './views.ts';

/** The files in a cell's folder that it can be judged by again. */
export const JOURNAL_FILE = 'journal.jsonl';
export const VIEWS_FILE = 'views.json';

/** What the nodes said; what was asked of them stands in the journal. */
export type StoredViews = Omit<Views, 'journal' | 'refusals' | 'killed'>;

/** All that a cell is judged by. */
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

/** Strict: what is not understood might be what makes the difference. */
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
  /** For people: the journal has them, and judging again makes the findings anew. */
  refusals: z.unknown(),
  findings: z.unknown(),
});

/** Reads what was stored of a cell's nodes. @throws Error that says what is wrong with the text */
export function parseViews(text: string): StoredViews {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`it is no JSON, as if it had been cut while being written: ${String(cause)}`, { cause });
  }
  const parsed = storedViews.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error), { cause: parsed.error });
  const { vaults, rows, transactions, notaryLog, flows, parties } = parsed.data;
  return { vaults, ...(rows && { rows }), transactions, notaryLog, flows, parties };
}
