import type { Cell } from '../domain/cell.ts';

/**
 * The cells that vitest would run for `--project` patterns: `*` stands for anything, `!x` for all but x, case does not
 * matter, a cell is chosen when any pattern fits, and no pattern chooses all.
 */
export function select(cells: readonly Cell[], patterns: readonly string[]): readonly Cell[] {
  if (patterns.length === 0) return cells;
  return cells.filter(({ name }) => patterns.some((pattern) => fits(name, pattern)));
}

function fits(name: string, pattern: string): boolean {
  if (pattern.startsWith('!')) return !fits(name, pattern.slice(1));
  const source = pattern.split('*').map(escaped).join('.*');
  return new RegExp(`^${source}$`, 'i').test(name);
}

function escaped(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
