import type { TestProjectInlineConfiguration } from 'vitest/config';
import type { InlineConfig, TestProject } from 'vitest/node';
import type { Cell } from '../config/cell.ts';
import { type CellBrief, noUpgradeOf } from '../lease/lease.ts';
import { pairIds } from '../provision/nodes.ts';
import { moduleFile } from '../support/own-files.ts';
import { cellPool } from './cell-pool.ts';
import { filesOfCell, INLINE, type SuiteFiles } from './suite-files.ts';

/** The options of one cell's project. It shares all others with the other cells, see `sharedOptions`. */
export interface CellOptions {
  readonly name: string;
  /** Globs of its suites, beside those of the user's own configuration, as is the next. */
  readonly include: string[];
  readonly exclude: string[];
  readonly provide: { readonly compat: { readonly brief: CellBrief; readonly socket: string } };
}

/** Vitest's options that all cells have in common; what the command line says goes before them. */
export function sharedOptions(cells: readonly Cell[]): InlineConfig {
  const limit = Math.max(0, ...cells.map(({ limits }) => Math.max(120_000, 4 * limits.flow) + limits.outage));
  return {
    // A fork can crash alone. One for all files of the cell: least memory, and worker fixtures span the cell.
    pool: cellPool,
    isolate: false,
    maxWorkers: 1,
    fileParallelism: true,
    retry: 0,
    allowOnly: false,
    sequence: { concurrent: false, shuffle: false, hooks: 'stack' },
    // Backstops: every wait inside has a limit of its own, with a better message.
    testTimeout: limit,
    hookTimeout: limit,
    server: { deps: { inline: [...INLINE] } },
    setupFiles: [moduleFile('./worker-setup', import.meta.url)],
  };
}

export interface CellSetting {
  readonly files: SuiteFiles;
  /** Path of the hub's socket. */
  readonly socket: string;
}

/** A cell's own options. */
export function cellOptions(cell: Cell, { files, socket }: CellSetting): CellOptions {
  return {
    name: cell.name,
    ...filesOfCell(files, cell.workload),
    provide: { compat: { brief: briefOf(cell), socket } },
  };
}

/**
 * The cell as an inline project of vitest that extends the root's configuration.
 * @param shared options of all cells, where vitest reads the user's configuration again without them
 */
export function inlineProject(options: CellOptions, shared: InlineConfig): TestProjectInlineConfiguration {
  return { extends: true, test: { ...shared, ...options } };
}

/**
 * Lets up to `parallel` cells run at once: they form a group, groups run one after the other. Vitest gives a file of such
 * a group to any worker, so every cell gets a second worker that can wait for its turn while other cells go on.
 */
export function groupProjects(projects: readonly TestProject[], parallel: number): TestProject[][] {
  const groups: TestProject[][] = [];
  for (let start = 0; start < projects.length; start += parallel) groups.push(projects.slice(start, start + parallel));
  groups.forEach((group, index) => {
    for (const project of group) {
      project.config.sequence.groupOrder = index + 1;
      project.config.maxWorkers = group.length === 1 ? 1 : 2 * group.length;
    }
  });
  return groups;
}

/** The brief that suites have before the network exists. */
function briefOf(cell: Cell): CellBrief {
  const noUpgrade = noUpgradeOf(cell);
  return {
    name: cell.name,
    ...pairIds(cell),
    nodes: cell.topology.nodes.map((node) => ({
      id: node.id,
      party: node.party,
      release: node.release,
      notary: node.notary !== undefined,
    })),
    workload: cell.workload,
    limits: cell.limits,
    ...(noUpgrade === undefined ? {} : { noUpgrade }),
  };
}
