import { fileURLToPath } from 'node:url';
import { configDefaults, type TestProjectInlineConfiguration } from 'vitest/config';
import type { TestProject } from 'vitest/node';
import type { Cell } from '../domain/cell.ts';
import type { CellBrief } from '../domain/lease.ts';
import { LIFECYCLE_FILES } from '../domain/suites.ts';
import { noUpgradeOf } from '../domain/upgrade.ts';
import { pairIds } from '../provision/nodes.ts';

export interface ProjectsOptions {
  readonly cells: readonly Cell[];
  readonly include: readonly string[];
  /** The hub's socket. */
  readonly socket: string;
}

/** A vitest project for every cell. */
export function cellProjects({ cells, include, socket }: ProjectsOptions): TestProjectInlineConfiguration[] {
  return cells.map((cell, index) => {
    const limit = Math.max(120_000, 4 * cell.limits.flow) + cell.limits.outage;
    return {
      extends: true,
      test: {
        name: cell.name,
        include: [...include],
        exclude: [...configDefaults.exclude, ...(cell.workload.lifecycle ? [] : [LIFECYCLE_FILES])],
        // A fork can crash alone. One for all files of the cell: least memory, and worker fixtures span the cell.
        pool: 'forks',
        isolate: false,
        maxWorkers: 1,
        retry: 0,
        // Backstops: every wait inside has a limit of its own, with a better message.
        testTimeout: limit,
        hookTimeout: limit,
        sequence: { groupOrder: index + 1 },
        setupFiles: [workerSetup()],
        provide: { compat: { brief: briefOf(cell), socket } },
      },
    };
  });
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

/** What a suite file may know before any network exists. */
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

function workerSetup(): string {
  return fileURLToPath(new URL('./worker-setup.ts', import.meta.url));
}
