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
  /** The `exclude` of the user's vitest configuration; default: vitest's own. */
  readonly exclude?: readonly string[] | undefined;
  /** Bundled suites: all of them, some by name, or none. */
  readonly suites?: 'all' | readonly string[] | undefined;
  /** Absolute. */
  readonly root: string;
}

/**
 * The files that each cell runs. Vitest leaves out node_modules, and with it bundled suites. So with bundled suites this function finds
 * the user's own suites, and vitest gets a list of files.
 * @throws Error if a name is that of no bundled suite
 */
export async function suiteFiles({ include, exclude, suites, root }: SuiteChoice): Promise<SuiteFiles> {
  if (suites === undefined) return { include, exclude: configDefaults.exclude };
  const bundled = namesOf(suites).map((name) => join(FOLDER, `${name}.test${EXTENSION}`));
  const ignore = [...(exclude ?? configDefaults.exclude)];
  const own = await glob([...include], { cwd: root, ignore, absolute: true, dot: true, expandDirectories: false });
  return { include: [...new Set([...own, ...bundled])].map(convertPathToPattern), exclude: [] };
}

/** The files of a cell: lifecycle suites only if its matrix asks for them. */
export function filesOfCell({ include, exclude }: SuiteFiles, { lifecycle }: Pick<Workload, 'lifecycle'>) {
  if (lifecycle) return { include: [...include], exclude: [...exclude] };
  // A pattern with `**` does not reach a package that is linked from outside of the root.
  const others = include.filter((pattern) => !pattern.startsWith(convertPathToPattern(join(FOLDER, 'lifecycle/'))));
  return { include: others, exclude: [...exclude, LIFECYCLE_FILES] };
}

/**
 * Drops the user's excludes if bundled suites run: they are applied already, and would leave out the bundled suites as well,
 * `**\/node_modules/**` for example.
 */
export function keepBundledSuites({ config }: TestProject): void {
  config.exclude = config.exclude.filter(
    (pattern) => pattern === LIFECYCLE_FILES || config.cliExclude?.includes(pattern) === true,
  );
}

/** Files that vitest must compile, though they are in node_modules: a test file that Node imports runs once in a worker's life. */
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
