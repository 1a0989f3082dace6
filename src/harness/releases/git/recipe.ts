import { KNOWN_LINES, platformFactsOf, type JavaMajor, lineOf } from '../../corda/facts.ts';
import type { BuildRecipe, GitSource, Release } from '../../config/release.ts';
import { notBuilt } from '../../support/step-error.ts';
import type { ReleasesContext } from '../context.ts';
import type { Revision } from './refs.ts';
import { GitError, runGit } from './run-git.ts';
import { compareMavenVersions } from '../../corda/version.ts';

/** The commands and results of one build of a revision. */
export interface Recipe {
  readonly node: BuildRecipe;
  readonly cordapps?: BuildRecipe;
  /** The Java that it is built with. */
  readonly java: JavaMajor;
}

/**
 * The recipe of the matrix, completed from the preset of Corda's own tree. CorDapps are built if the matrix asks for
 * it, or names none at all.
 *
 * @throws StepError not-built where neither says how to build the node
 */
export async function recipeOf(release: Release, revision: Revision, ctx: ReleasesContext): Promise<Recipe> {
  const source = release.source as GitSource;
  const version = await cordaVersionAt(revision, ctx);
  const preset = version === undefined ? undefined : presetOf(version);
  const { node, cordapps } = source.build;
  const wantsFinance = cordapps === undefined && node === undefined && release.cordapps.length === 0;
  const java = release.java ?? preset?.java ?? (version === undefined ? undefined : platformFactsOf(version)?.java);
  if (java === undefined && node) ctx.progress.say(`${release.id}: its build names no Java version; using 8`);
  const base = { java: java ?? 8, ...(cordapps ? { cordapps } : {}) };
  if (node) return { ...base, node };
  if (!preset) throw noRecipe(release, revision, version);
  const parts = wantsFinance ? [preset.node, preset.cordapps] : [preset.node];
  const finance = wantsFinance ? { cordapps: gradleRecipe(preset.cordapps, parts) } : {};
  return { ...base, node: gradleRecipe(preset.node, parts), ...finance };
}

/** `cordaVersion` of Corda's own tree at a commit (`4.12`, `3.3-corda`); undefined where it is another tree. */
async function cordaVersionAt(revision: Revision, ctx: ReleasesContext): Promise<string | undefined> {
  const capsule = await fileAt(revision, 'node/capsule/build.gradle', ctx);
  if (capsule === undefined) return undefined;
  const constants = (await fileAt(revision, 'constants.properties', ctx)) ?? '';
  const named = /^cordaVersion\s*=\s*(\S+)/m.exec(constants)?.[1];
  if (named !== undefined) return named;
  // Until 4.0 it stood in the build script.
  const script = (await fileAt(revision, 'build.gradle', ctx)) ?? '';
  return /corda_release_version\s*=\s*["']([^"'$]+)["']/.exec(script)?.[1];
}

async function fileAt({ mirror, commit }: Revision, path: string, ctx: ReleasesContext): Promise<string | undefined> {
  const what = `reading ${path} at ${commit}`;
  return runGit({ folder: mirror.objects, args: ['show', `${commit}:${path}`], what }, ctx).catch((error: unknown) => {
    if (error instanceof GitError) return undefined;
    throw error;
  });
}

function noRecipe({ id }: Release, { repository, commit }: Revision, version: string | undefined): Error {
  const where = `release ${id} (${repository} at ${commit.slice(0, 10)})`;
  const why =
    version === undefined
      ? 'is not a tree of Corda itself, so it has no preset for its build'
      : `says it is version ${version}, for which there is no preset (there is one for ${KNOWN_LINES.join(', ')})`;
  const example = { node: { command: './gradlew :capsule:jar', artefact: 'capsule/build/libs/corda-*.jar' } };
  return notBuilt('build', `${where} ${why}. Add its build to the matrix: "build": ${JSON.stringify(example)}`);
}

/** The build of Corda's own tree at one version. */
interface Preset {
  readonly java: JavaMajor;
  /** Gradle tasks by component, and the places of their results. */
  readonly node: GradlePart;
  readonly cordapps: GradlePart;
}

interface GradlePart {
  readonly tasks: readonly string[];
  readonly artefact: string;
}

/** Read at release-V3.3, release/os/4.1, release-os-4.8-GA, -4.11, -4.12: node/capsule/build.gradle, finance/…/build.gradle. */
const NODE: GradlePart = { tasks: [':node:capsule:buildCordaJAR'], artefact: 'node/capsule/build/libs/corda-*.jar' };
const FINANCE_3: GradlePart = { tasks: [':finance:jar'], artefact: 'finance/build/libs/corda-finance-*.jar' };
/** From 4.0 there are two, since contracts travel with transactions and flows need not. */
const FINANCE_4: GradlePart = {
  tasks: [':finance:contracts:jar', ':finance:workflows:jar'],
  artefact: 'finance/{contracts,workflows}/build/libs/corda-finance-{contracts,workflows}-*.jar',
};

/** The preset of a version of Corda; undefined for a line that is not known. */
function presetOf(version: string): Preset | undefined {
  const java = platformFactsOf(version)?.java;
  if (java === undefined) return undefined;
  const isThree = compareMavenVersions(lineOf(version) ?? version, '4.0') < 0;
  return { java, node: NODE, cordapps: isThree ? FINANCE_3 : FINANCE_4 };
}

/** No daemon: it would outlive the build. One command for all parts, so that Gradle runs once. */
function gradleRecipe(part: GradlePart, parts: readonly GradlePart[]): BuildRecipe {
  const tasks = parts.flatMap((each) => each.tasks);
  return { command: `./gradlew --no-daemon --console=plain ${tasks.join(' ')}`, artefact: part.artefact };
}
