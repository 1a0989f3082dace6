import { z } from 'zod';
import type { Views } from './views.ts';

/** The file beside the journal. A network that the run made has none. */
export const BASELINE_FILE = 'baseline.json';

const state = z.looseObject({
  transaction: z.string(),
  index: z.int(),
  amount: z.int(),
  currency: z.string(),
  issuer: z.string(),
  owner: z.string(),
});
const commit = z.looseObject({ transaction: z.string(), index: z.int(), consumedBy: z.string() });
const flow = z.looseObject({ id: z.string(), flow: z.string() });
const node = z.string();
const baseline: z.ZodType<Baseline> = z.object({
  vaults: z.array(z.looseObject({ node, states: z.array(state) })),
  transactions: z.array(z.looseObject({ node, transactions: z.array(z.string()) })),
  notaryLog: z.array(z.looseObject({ node, commits: z.array(commit) })),
  flows: z.array(z.looseObject({ node, flows: z.array(flow), checkpoints: z.int() })),
});

export function baselineText({ vaults, transactions, notaryLog, flows }: Baseline): string {
  return `${JSON.stringify({ vaults, transactions, notaryLog, flows }, undefined, 2)}\n`;
}

/** @throws Error with the parts that are not valid */
export function parseBaseline(text: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`the baseline cannot be trusted: it is not JSON`, { cause });
  }
  const parsed = baseline.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`the baseline cannot be trusted: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
}

/** The views of a network that stays, quiet and before the first operation of the journal. */
export type Baseline = Pick<Views, 'vaults' | 'transactions' | 'notaryLog' | 'flows'>;
