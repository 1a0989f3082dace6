import type { JavaMajor } from '../../harness/domain/platform-facts.ts';
import { platformFactsOf } from '../../harness/domain/platform-facts-table.ts';
import type { GitSource, Release } from '../../harness/domain/release.ts';
import { loadCells } from '../../harness/matrix/expand.ts';
import type { LoadOptions } from '../../harness/matrix/load.ts';
import { MatrixError } from '../../harness/matrix/problems.ts';
import type { Check } from './check.ts';

/** A notary and a peer of each release. */
const NODES_OF_A_PAIR = 3;

/** What a run of the matrix asks of this machine. */
export interface Needs {
  readonly releases: number;
  /** Of the largest network. */
  readonly nodes: number;
  readonly javas: readonly JavaMajor[];
  /** Revisions that it builds. */
  readonly git: readonly GitSource[];
  /** Whether a cell wants a Docker engine: to live in its containers, or to come to a cluster as images. */
  readonly docker: boolean;
  /** Whether cells live in a cluster. */
  readonly cluster: boolean;
  /** Base images that releases name, and whether any names none. */
  readonly bases: { readonly named: readonly string[]; readonly anyUnnamed: boolean };
}

/** Whether the matrix can be read, and what it needs; without one, what a matrix of two 4.x releases would need. */
export async function matrixCheck(options: LoadOptions): Promise<{ check: Check; needs: Needs }> {
  try {
    const { cells, matrix } = await loadCells(options);
    const found = `${matrix.file}: ${matrix.releases.length} releases, ${cells.length} cells`;
    const check: Check =
      matrix.warnings.length === 0
        ? { name: 'matrix', state: 'ok', found }
        : { name: 'matrix', state: 'warning', found, tried: matrix.warnings };
    const docker = cells.some(({ provider }) => provider !== 'local');
    const cluster = cells.some(({ provider }) => provider === 'kubernetes');
    const git = matrix.releases.flatMap(({ source }) => (source.kind === 'git' ? [source] : []));
    const bases = {
      named: matrix.releases.flatMap(({ base }) => base ?? []),
      anyUnnamed: matrix.releases.some(({ base }) => base === undefined),
    };
    const javas = javasOf(matrix.releases);
    const nodes = Math.max(NODES_OF_A_PAIR, ...cells.map(({ topology }) => topology.nodes.length));
    return { check, needs: { releases: matrix.releases.length, nodes, javas, git, docker, cluster, bases } };
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const check: Check = { name: 'matrix', state: 'missing', found: error.message, mend: 'correct the file' };
    const bases = { named: [], anyUnnamed: true };
    const none = { git: [], docker: false, cluster: false };
    return { check, needs: { releases: 2, nodes: NODES_OF_A_PAIR, javas: [8], ...none, bases } };
  }
}

/** A jar tells only when it is opened; most are of Java 8. */
function javasOf(releases: readonly Release[]): JavaMajor[] {
  const majors = releases.map(({ java, source }) => {
    const facts = source.kind === 'maven' ? platformFactsOf(source.version) : undefined;
    return java ?? facts?.java ?? 8;
  });
  return [...new Set(majors)].sort((a, b) => a - b);
}
