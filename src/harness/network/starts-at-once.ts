import { availableParallelism } from 'node:os';
import { LEAST_STARTS_AT_ONCE } from '../domain/cell.ts';
import type { Cell } from '../domain/cell.ts';

/**
 * Java processes that start at a time on this machine. A start is 10 to 20 s of a processor's work, so more at once only make
 * each slower, until none of eleven is up within its limit.
 */
export function jvmsAtOnce(processors: number = availableParallelism()): number {
  return Math.max(LEAST_STARTS_AT_ONCE, 2 * processors);
}

/** Nodes that start at a time. A cluster has processors of its own and places Pods by what is free. */
export function startsAtOnce({ provider }: Pick<Cell, 'provider'>): number {
  return provider === 'kubernetes' ? Infinity : jvmsAtOnce();
}
