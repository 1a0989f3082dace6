import type { BrowserInstanceOption, TestProject, Vitest } from 'vitest/node';
import type { Cell } from '../config/cell.ts';
import type { CellOptions } from './projects.ts';

/**
 * Vitest 4.1 makes a server, with all plugins, for every project that is not a browser's; vitest 5 lets projects share the
 * root's. Here 4.1 learns it: the root is the one project that vitest makes, and every cell is a view of it.
 */

/** The function by which vitest 4.1 makes a browser's projects: one for each instance, on their parent's server. */
interface Cloning {
  _cloneBrowserProject(parent: TestProject, config: TestProject['config']): TestProject;
}

/** Whether this vitest is one that `shareServer` knows. */
export function needsShareServer(version: string): boolean {
  return version.startsWith('4.1.');
}

/**
 * The cells' names where vitest looks whether the root is chosen by `--project`: a browser's instances are, and vitest asks for
 * them whether the browser is enabled or not.
 */
export function namesForFilter(cells: readonly Cell[]): BrowserInstanceOption[] {
  return cells.map(({ name }) => ({ name, browser: 'none' }));
}

export interface Sharing {
  readonly cells: readonly Cell[];
  /** Asked for cells that are chosen alone. */
  readonly optionsOf: (cell: Cell) => CellOptions;
  /** The `include` of the user's configuration. */
  readonly ownInclude: readonly string[];
}

/**
 * Replaces the root among vitest's projects by the cells that `--project` chooses, all on the root's server.
 * @throws Error if this vitest lacks that function
 */
export function shareServer(vitest: Vitest, { cells, optionsOf, ownInclude }: Sharing): void {
  const root = vitest.getRootProject();
  const cloning = root.constructor as unknown as Cloning;
  if (!('_cloneBrowserProject' in cloning)) {
    throw new Error(`vitest ${vitest.version} failed to share its server between cells. Install vitest 4.1.12 or 5.`);
  }
  const { config } = root;
  config.browser.instances = [];
  const chosen = cells.filter(({ name }) => vitest.matchesProjectFilter(name));
  const projects = chosen.map(optionsOf).map((cell) =>
    cloning._cloneBrowserProject(root, {
      ...config,
      name: cell.name,
      include: [...ownInclude, ...cell.include],
      exclude: [...config.exclude, ...cell.exclude],
      sequence: { ...config.sequence },
      provide: { ...config.provide, ...cell.provide },
      tags: [...config.tags],
      // They run once, as the root's.
      globalSetup: [],
    }),
  );
  vitest.projects.splice(0, vitest.projects.length, ...projects);
}
