import type { TestSequencer, TestSpecification, Vitest } from 'vitest/node';
import { compareSuites } from '../plan/suites.ts';

/** An item of the order: a file of a cell. Cells of one group run at once. */
export interface Placed {
  readonly group: number;
  readonly cell: string;
  readonly file: string;
}

/** Groups one after the other; within a group suite by suite, so that cells that run at once keep step. */
export function compareFiles(left: Placed, right: Placed): number {
  return (
    left.group - right.group ||
    compareSuites(left.file, right.file) ||
    Number(left.cell > right.cell) - Number(left.cell < right.cell)
  );
}

/** The cells of one shard: whole cells, dealt in turn, since a cell's suites build on each other. */
export function shardOf(
  cells: readonly string[],
  shard: { readonly index: number; readonly count: number } | undefined,
): ReadonlySet<string> {
  return new Set(cells.filter((_, place) => !shard || place % shard.count === shard.index - 1));
}

/** Vitest's own order (longest first, failed first) would change from run to run. */
export class CellSequencer implements TestSequencer {
  readonly #vitest: Vitest;

  constructor(vitest: Vitest) {
    this.#vitest = vitest;
  }

  shard(files: TestSpecification[]): TestSpecification[] {
    const names = [...new Set(this.sort(files).map((file) => file.project.name))];
    const mine = shardOf(names, this.#vitest.config.shard);
    return files.filter((file) => mine.has(file.project.name));
  }

  sort(files: TestSpecification[]): TestSpecification[] {
    return [...files].sort(compareSpecifications);
  }
}

function compareSpecifications(left: TestSpecification, right: TestSpecification): number {
  return compareFiles(placed(left), placed(right));
}

function placed({ project, moduleId }: TestSpecification): Placed {
  return { group: project.config.sequence.groupOrder, cell: project.name, file: moduleId };
}
