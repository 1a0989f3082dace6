import { copyFile, mkdir, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { glob } from 'tinyglobby';
import type { BuildRecipe, BuiltComponent } from '../../domain/release.ts';
import { notBuilt } from '../../domain/step-error.ts';
import { editDistance } from '../../support/edit-distance.ts';

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const MOST_NEAR = 5;

/** A component's recipe, and where its build ran. */
export interface Wanted {
  readonly component: BuiltComponent;
  readonly recipe: BuildRecipe;
  readonly worktree: string;
  /** For people: `building 4.12 (1a2b3c4d5e of https://…)`. */
  readonly what: string;
  readonly logFile: string;
}

/**
 * Copies what a build has made into `folder`, which is made: exactly one file for the node, at least one for CorDapps.
 * Returns their names. @throws StepError not-built (build) naming the glob and what was found
 */
export async function takeArtefacts(wanted: Wanted, folder: string): Promise<readonly string[]> {
  const { component, recipe, worktree } = wanted;
  const found = (await filesLike(recipe.artefact, worktree)).toSorted();
  if (found.length === 0) throw await nothingFound(wanted);
  if (component === 'node' && found.length > 1) {
    throw failure(wanted, `matches ${found.length} files, and a node is one: ${found.slice(0, 10).join(', ')}`);
  }
  const names = found.map((path) => basename(path));
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw failure(wanted, `matches two files of the name ${twice}: ${found.join(', ')}`);
  await mkdir(folder, { recursive: true });
  for (const path of found) await take(wanted, path, folder);
  return names;
}

async function take(wanted: Wanted, path: string, folder: string): Promise<void> {
  const file = join(wanted.worktree, path);
  if (await isLfsPointer(file)) {
    const advice = 'Install git-lfs for this user (git lfs install), and remove the build from the cache';
    throw failure(wanted, `matches ${path}, which is not the file but a pointer to it in Git LFS. ${advice}`);
  }
  await copyFile(file, join(folder, basename(path)));
}

async function isLfsPointer(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(LFS_POINTER.length);
    await handle.read(start, 0, start.length, 0);
    return start.toString('latin1') === LFS_POINTER;
  } finally {
    await handle.close();
  }
}

async function nothingFound(wanted: Wanted): Promise<Error> {
  const jars = (await filesLike('**/*.jar', wanted.worktree)).filter((path) => !path.includes('gradle/wrapper/'));
  const near = jars
    .map((path) => ({ path, far: editDistance(path, wanted.recipe.artefact) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST_NEAR)
    .map(({ path }) => path);
  const others =
    near.length === 0 ? 'There is no jar at all' : `Of ${jars.length} jars, the nearest: ${near.join(', ')}`;
  return failure(wanted, `matches no file. ${others}`);
}

function failure({ component, recipe, what, logFile }: Wanted, why: string): Error {
  return notBuilt('build', `${what}: the artefact ${recipe.artefact} of ${component} ${why}. Its log: ${logFile}`);
}

async function filesLike(pattern: string, cwd: string): Promise<readonly string[]> {
  return glob(pattern, { cwd, dot: true, followSymbolicLinks: false, ignore: ['.git/**'], expandDirectories: false });
}
