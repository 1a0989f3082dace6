import { MIXED, type Cell, type Pair } from '../domain/cell.ts';
import type { Release } from '../domain/release.ts';
import { loadMatrix } from './load.ts';
import type { LoadOptions } from './load.ts';
import type { Matrix, Settings } from './matrix.ts';
import { compareReleases, pairName, pairsOf } from './pairs.ts';
import { mixedTopology, pairTopology } from './topology.ts';

/** Every cell of the matrix: pairs, the oldest first, then the mixed one. */
export function expand(matrix: Matrix): readonly Cell[] {
  const { provider, workloadKind, jvm, workload, limits, topology, releases } = matrix;
  const where = {
    provider,
    ...(workloadKind === undefined ? {} : { workloadKind }),
  };
  const cellOf = (own: Pick<Cell, 'name' | 'releases' | 'pair' | 'topology'>): Cell => {
    const known = matrix.known.get(own.name);
    return { ...own, ...where, jvm, workload, limits, ...(known ? { known } : {}) };
  };
  const pairs = pairsOf(matrix.pairs, releases).map((pair) =>
    cellOf({ name: pairName(pair), releases: eachOnce(pair), pair, topology: pairTopology(topology, pair) }),
  );
  const mixed = releases.filter(({ id }) => matrix.mixed.includes(id)).sort(compareReleases);
  if (mixed.length === 0) return pairs;
  return [...pairs, cellOf({ name: MIXED, releases: mixed, topology: mixedTopology(topology, mixed) })];
}

function eachOnce({ left, right }: Pair): readonly Release[] {
  return left.id === right.id ? [left] : [left, right];
}

/**
 * Loads and expands in one go.
 * @throws MatrixError with everything that is wrong with the file and the environment
 */
export async function loadCells(
  options: LoadOptions,
): Promise<{ cells: readonly Cell[]; matrix: Matrix; settings: Settings }> {
  const matrix = await loadMatrix(options);
  return { cells: expand(matrix), matrix, settings: matrix.settings };
}
