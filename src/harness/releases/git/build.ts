import { mkdir, readFile, rename, rm, writeFile, copyFile } from 'node:fs/promises';
import { join, basename } from 'node:path';
import { z } from 'zod';
import { glob } from 'tinyglobby';
import { shortSha, type GitSource, type Release, type BuildRecipe, type BuiltComponent } from '../../config/release.ts';
import type { ReleasesContext } from '../context.ts';
import { sha256Of } from '../download.ts';
import { findJava } from '../java.ts';
import { holdFolder } from './run-git.ts';
import { recipeOf, type Recipe } from './recipe.ts';
import type { Revision } from './refs.ts';
import { runBuildCommand } from './run-build.ts';
import { checkOut } from './worktree.ts';
import { digest } from '../../support/once.ts';
import { variable } from '../../config/variables.ts';
import { bug, notBuilt } from '../../support/step-error.ts';
import { beginsWith } from '../../support/files.ts';
import { editDistance } from '../../support/nearest.ts';
import type { JavaRuntime } from '../artefacts.ts';

/** Raised when the content of an entry changes without its recipe changing. */
const FORMAT = 1;
const RECORD = 'built.json';
/** Beyond the limit of its commands: fetching submodules, copying. */
const PATIENCE_MS = 20 * 60_000;

const fileSchema = z.object({ name: z.string(), sha256: z.string() });
const recipeSchema = z.object({ command: z.string(), artefact: z.string() });
/** Content, time and recipe of a build: beside the jars, for people and for the next run. */
const recordSchema = z.object({
  repository: z.string(),
  commit: z.string(),
  recipe: z.object({ node: recipeSchema, cordapps: recipeSchema.optional(), java: z.number() }),
  jdk: z.object({ version: z.string(), origin: z.string() }),
  builtAt: z.string(),
  node: fileSchema,
  cordapps: z.array(fileSchema),
});
type BuildRecord = z.infer<typeof recordSchema>;

/** A revision's jars in the cache. */
export interface Build extends Pick<BuildRecord, 'node' | 'cordapps'> {
  /** Holds `node/` and `cordapps/`. */
  readonly folder: string;
  /** Digest of the recipe and the JDK. */
  readonly recipe: string;
}

interface Job {
  readonly release: Release;
  readonly revision: Revision;
  readonly recipe: Recipe;
  readonly jdk: JavaRuntime;
  readonly what: string;
  readonly logFile: string;
  readonly limit: number;
}

/**
 * Builds all components of a revision in one go, once for the same commit, recipe and JDK, whichever run needs it first.
 * @throws StepError not-built (build); blocked
 */
export async function buildRevision(release: Release, revision: Revision, ctx: ReleasesContext): Promise<Build> {
  const recipe = await recipeOf(release, revision, ctx);
  const jdk = await findJava({ major: recipe.java, compiler: true }, ctx);
  const madeBy = digest([FORMAT, recipe, jdk.version]);
  const { limit } = release.source as GitSource;
  const short = shortSha(revision.commit);
  const logFile = join(ctx.cache.folder, 'logs', `build-${short}-${madeBy.slice(0, 8)}.log`);
  const what = `building ${release.id} (${short} of ${revision.repository})`;
  const job = { release, revision, recipe, jdk, what, logFile, limit };
  const commands = commandsOf(recipe).length;
  const key = digest([revision.commit, madeBy]);
  const name = { kind: 'build', key, step: 'build' as const, patience: commands * limit + PATIENCE_MS };
  const entry = () => ctx.known.building(() => ctx.cache.entry(name, (folder) => make(job, folder, ctx)));
  const folder = await entry();
  const record = await wholeRecord(folder, ctx);
  if (record) return { ...filesOf(record), folder, recipe: madeBy };
  ctx.progress.say(`${folder} is damaged: ${what} again`);
  await ctx.cache.remove(name);
  return { folder: await entry(), recipe: madeBy, ...filesOf(await readRecord(folder)) };
}

function filesOf({ node, cordapps }: BuildRecord): Pick<Build, 'node' | 'cordapps'> {
  return { node, cordapps };
}

async function make(job: Job, folder: string, ctx: ReleasesContext): Promise<void> {
  const release = await holdFolder(folder, 'build', ctx);
  const worktree = join(folder, 'worktree');
  const temporary = join(folder, 'tmp');
  try {
    await mkdir(temporary);
    await mkdir(join(ctx.cache.folder, 'logs'), { recursive: true });
    await rm(job.logFile, { force: true });
    await checkOut(job.revision, worktree, ctx);
    await buildIn(job, { folder, worktree }, ctx);
    if (variable(ctx.env, 'COMPAT_KEEP') === 'always') await keep(job, worktree, ctx);
  } catch (error) {
    const wanted = ['failed', 'always'].includes(variable(ctx.env, 'COMPAT_KEEP') ?? '');
    if (wanted && !ctx.signal.aborted) await keep(job, worktree, ctx);
    throw error;
  } finally {
    await Promise.all([worktree, temporary].map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })));
    await release();
  }
}

async function buildIn(job: Job, at: { folder: string; worktree: string }, ctx: ReleasesContext): Promise<void> {
  const { folder, worktree } = at;
  const { recipe, revision, jdk, what, logFile, limit } = job;
  for (const command of commandsOf(recipe)) {
    await runBuildCommand({ what, command, worktree, folder, jdk, logFile, limit }, ctx);
  }
  const wanted = { worktree, what, logFile };
  const { node, cordapps } = recipe;
  const [nodeJar] = await taken({ ...wanted, component: 'node', recipe: node }, folder, ctx);
  const apps = cordapps ? await taken({ ...wanted, component: 'cordapps', recipe: cordapps }, folder, ctx) : [];
  if (!nodeJar) bug('no node is among the artefacts');
  const record: BuildRecord = {
    repository: revision.repository,
    commit: revision.commit,
    recipe,
    jdk: { version: jdk.version, origin: jdk.origin },
    builtAt: new Date().toISOString(),
    node: nodeJar,
    cordapps: [...apps],
  };
  await writeFile(join(folder, RECORD), JSON.stringify(record, undefined, 2));
}

async function taken(wanted: Wanted, folder: string, ctx: ReleasesContext): Promise<readonly BuildRecord['node'][]> {
  const target = join(folder, wanted.component);
  const names = await takeArtefacts(wanted, target);
  return Promise.all(
    names.map(async (name) => ({ name, sha256: (await sha256Of(join(target, name), ctx.signal)).sha256 })),
  );
}

/** A command that makes both is run once. */
function commandsOf({ node, cordapps }: Recipe): readonly string[] {
  return [...new Set([node.command, ...(cordapps ? [cordapps.command] : [])])];
}

async function keep({ what, revision }: Job, worktree: string, { cache, progress }: ReleasesContext): Promise<void> {
  const time = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15);
  const kept = join(cache.folder, 'kept', `build-${shortSha(revision.commit)}-${time}`);
  await mkdir(join(cache.folder, 'kept'), { recursive: true });
  // It may not have been made yet.
  const moved = await rename(worktree, kept).then(
    () => true,
    () => false,
  );
  if (moved) progress.say(`${what}: its worktree is kept: ${kept}; remove it with: rm -r '${kept}'`);
}

async function readRecord(folder: string): Promise<BuildRecord> {
  return recordSchema.parse(JSON.parse(await readFile(join(folder, RECORD), 'utf8')));
}

/** The content that an entry records, if it does. */
async function wholeRecord(folder: string, ctx: ReleasesContext): Promise<BuildRecord | undefined> {
  try {
    const record = await readRecord(folder);
    const files = [
      { ...record.node, file: join(folder, 'node', record.node.name) },
      ...record.cordapps.map((app) => ({ ...app, file: join(folder, 'cordapps', app.name) })),
    ];
    for (const { file, sha256 } of files) if ((await sha256Of(file, ctx.signal)).sha256 !== sha256) return undefined;
    return record;
  } catch {
    ctx.signal.throwIfAborted();
    return undefined;
  }
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const MOST_NEAR = 5;

/** A component's recipe, and the folder of its build. */
interface Wanted {
  readonly component: BuiltComponent;
  readonly recipe: BuildRecipe;
  readonly worktree: string;
  /** For people: `building 4.12 (1a2b3c4d5e of https://…)`. */
  readonly what: string;
  readonly logFile: string;
}

/**
 * Copies the result of a build into `folder`, which is made: exactly one file for the node, at least one for
 * CorDapps. Returns their names.
 * @throws StepError not-built (build) naming the glob and what was found
 */
async function takeArtefacts(wanted: Wanted, folder: string): Promise<readonly string[]> {
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
  if (await beginsWith(file, LFS_POINTER)) {
    const advice = 'Install git-lfs for this user (git lfs install), and remove the build from the cache';
    throw failure(wanted, `matches ${path}, which is not the file but a pointer to it in Git LFS. ${advice}`);
  }
  await copyFile(file, join(folder, basename(path)));
}

async function nothingFound(wanted: Wanted): Promise<Error> {
  const jars = (await filesLike('**/*.jar', wanted.worktree)).filter((path) => !path.includes('gradle/wrapper/'));
  const near = jars
    .map((path) => ({ path, far: editDistance(path, wanted.recipe.artefact) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST_NEAR)
    .map(({ path }) => path);
  const nearest = `Of ${jars.length} jars, the nearest: ${near.join(', ')}`;
  return failure(wanted, `matches no file. ${near.length === 0 ? 'There is no jar at all' : nearest}`);
}

function failure({ component, recipe, what, logFile }: Wanted, why: string): Error {
  return notBuilt('build', `${what}: the artefact ${recipe.artefact} of ${component} ${why}. Its log: ${logFile}`);
}

async function filesLike(pattern: string, cwd: string): Promise<readonly string[]> {
  return glob(pattern, { cwd, dot: true, followSymbolicLinks: false, ignore: ['.git/**'], expandDirectories: false });
}
