import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertPathToPattern, glob } from 'tinyglobby';
import { configDefaults } from 'vitest/config';
import type { TestProject } from 'vitest/node';
import type { Workload } from '../config/cell.ts';
import { bundledSuites, LIFECYCLE_FILES } from '../plan/suites.ts';

/** `suites/` of this program: its repository's, or the package's. */
const FOLDER = fileURLToPath(new URL('../../../suites/', import.meta.url));
const EXTENSION = extname(fileURLToPath(import.meta.url));
const IS_INSTALLED = EXTENSION === '.js';

/** Patterns as vitest takes them. */
export interface SuiteFiles {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface SuiteChoice {
  /** The user's own suites: patterns, relative to `root`. */
  readonly include: readonly string[];
  /** What the user's vitest configuration leaves out; vitest's own defaults where it says nothing. */
  readonly exclude?: readonly string[] | undefined;
  /** Bundled suites: all of them, some by name, or none. */
  readonly suites?: 'all' | readonly string[] | undefined;
  /** Absolute. */
  readonly root: string;
}

/**
 * The files that each cell runs. Vitest leaves out all of node_modules, and bundled suites are in there: so where they are wanted, the
 * user's own are looked for here, and vitest gets a list of files.
 * @throws Error where there is no bundled suite of such a name
 */
export async function suiteFiles({ include, exclude, suites, root }: SuiteChoice): Promise<SuiteFiles> {
  if (suites === undefined) return { include, exclude: configDefaults.exclude };
  const bundled = namesOf(suites).map((name) => join(FOLDER, `${name}.test${EXTENSION}`));
  const ignore = [...(exclude ?? configDefaults.exclude)];
  const own = await glob([...include], { cwd: root, ignore, absolute: true, dot: true, expandDirectories: false });
  return { include: [...new Set([...own, ...bundled])].map(convertPathToPattern), exclude: [] };
}

/** The files of a cell: suites of a node's life only where its matrix asks for them. */
export function filesOfCell({ include, exclude }: SuiteFiles, { lifecycle }: Pick<Workload, 'lifecycle'>) {
  if (lifecycle) return { include: [...include], exclude: [...exclude] };
  // A pattern with `**` does not reach a package that is linked from outside of the root.
  const others = include.filter((pattern) => !pattern.startsWith(convertPathToPattern(join(FOLDER, 'lifecycle/'))));
  return { include: others, exclude: [...exclude, LIFECYCLE_FILES] };
}

/**
 * What the user's configuration excludes has been left out already where bundled suites run, and would leave them out as well:
 * `**\/node_modules/**`, for example.
 */
export function keepBundledSuites({ config }: TestProject): void {
  config.exclude = config.exclude.filter(
    (pattern) => pattern === LIFECYCLE_FILES || config.cliExclude?.includes(pattern) === true,
  );
}

/** What vitest has to compile, though it is in node_modules: test files that Node imports run once in a worker's life. */
export const INLINE: readonly RegExp[] = IS_INSTALLED ? [new RegExp(`^${escaped(FOLDER)}.*\\.test\\.js$`)] : [];

/** How reports name a file: the user's by its path from the root, a bundled suite by the package and its path in there. */
export function reportedFile(moduleId: string, root: string): string {
  if (IS_INSTALLED && moduleId.startsWith(FOLDER)) return `corda-compat/suites/${moduleId.slice(FOLDER.length)}`;
  return moduleId.startsWith(`${root}/`) ? moduleId.slice(root.length + 1) : moduleId;
}

function namesOf(suites: 'all' | readonly string[]): readonly string[] {
  const files = bundledSuites();
  if (suites === 'all') return Object.values(files);
  const unknown = suites.filter((name) => !(name in files));
  if (unknown.length > 0) {
    throw new Error(
      `cordaCompat() failed to find the bundled suites ${unknown.join(', ')}. Choose from: ${Object.keys(files).join(', ')}, or 'all'.`,
    );
  }
  return suites.flatMap((name) => files[name] ?? []);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
