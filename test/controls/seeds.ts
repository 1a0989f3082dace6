import { appendFile } from 'node:fs/promises';
import type { Finding } from '../../src/harness/trade/views.ts';

/** Where the nodes live, where is written what was found of which fault, and how many seeds there are. */
const { CONTROLS_SPACES = '', CONTROLS_FOUND = '', CONTROLS_SEEDS = '1' } = process.env;

/** Folder below which the nodes of the one network have their base directories. */
export const SPACES = CONTROLS_SPACES;

/** 1 and so on: each decides on a trade and on its victims. */
export const SEEDS: readonly number[] = Array.from({ length: Number(CONTROLS_SEEDS) }, (_, index) => index + 1);

/** What the oracle said of something that was done to a network. */
export interface Found {
  readonly name: string;
  readonly seed: number;
  /** Kinds of findings, each once. */
  readonly found: readonly Finding['kind'][];
}

export async function note(found: Found): Promise<void> {
  await appendFile(CONTROLS_FOUND, `${JSON.stringify(found)}\n`);
}

/** Each kind once, in order. */
export function kindsOf(findings: readonly Finding[]): readonly Finding['kind'][] {
  return [...new Set(findings.map(({ kind }) => kind))].sort();
}
