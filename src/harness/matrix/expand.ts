import type { Cell, NodeRole, Pair, Topology } from '../domain/cell.ts';
import { loadMatrix } from './load.ts';
import type { LoadOptions } from './load.ts';
import type { Matrix, Settings, TopologyChoice } from './matrix.ts';
import { pairName, pairsOf } from './pairs.ts';

/** Every cell of the matrix, oldest pair first. */
export function expand(matrix: Matrix): readonly Cell[] {
  const { provider, cluster, workloadKind, jvm, workload, limits } = matrix;
  const where = {
    provider,
    ...(cluster === undefined ? {} : { cluster }),
    ...(workloadKind === undefined ? {} : { workloadKind }),
  };
  const topology = topologyOf(matrix.topology);
  return pairsOf(matrix.pairs, matrix.releases).map((pair: Pair): Cell => {
    const name = pairName(pair);
    const known = matrix.known.get(name);
    return { name, pair, topology, ...where, jvm, workload, limits, ...(known ? { known } : {}) };
  });
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

/** A notary and a trading node of each release; names as `CordaX500Name.toString()` prints them. */
function topologyOf({ notary, validating, ...rest }: TopologyChoice): Topology {
  const nodes: NodeRole[] = [
    {
      id: 'notary',
      party: 'O=Notary, L=Zurich, C=CH',
      side: notary,
      notary: { validating, service: 'O=Notary Service, L=Zurich, C=CH' },
    },
    { id: 'party-a', party: 'O=PartyA, L=London, C=GB', side: 'left' },
    { id: 'party-b', party: 'O=PartyB, L=New York, C=US', side: 'right' },
  ];
  return { nodes, ...rest };
}
