import { copyFile, cp, link, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { glob } from 'tinyglobby';
import { COMPONENTS, type Component } from '../../src/harness/images/image.ts';
import { timed } from '../lib/figures.ts';
import { run, type Place } from './place.ts';
import { BENCH_LABEL } from './store.ts';

const SOURCES = join(import.meta.dirname, '../../src/jvm');

/** What is compiled for a component besides the release itself; its sources are below src/jvm. */
const COMPILED: Partial<Record<Component, readonly string[]>> = {
  doorman: ['common', 'http', 'minter', 'zone'],
  driver: ['driver', 'http'],
  healthcheck: ['healthcheck'],
};

type Phase = 'worktree' | 'build' | 'docker build' | 'docker push';
export type PhaseSeconds = Readonly<Record<Phase, number>>;

/** Builds and pushes all components, one after the other, as the scripts of the first attempt did. By phase, in seconds. */
export async function firstAttempt(place: Place, base: string): Promise<PhaseSeconds> {
  const sum = { worktree: 0, build: 0, 'docker build': 0, 'docker push': 0 };
  for (const component of COMPONENTS) {
    const worktree = join(place.folder, 'worktree');
    const context = join(place.folder, 'context');
    const name = `${place.store.prefix('first')}/${component}:${place.commit}`;
    const phase = async (what: Phase, work: () => Promise<unknown>): Promise<void> => {
      sum[what] += (await timed(work)).seconds;
    };
    await phase('worktree', () => git(place, 'worktree', 'add', '--quiet', '--detach', worktree, place.commit));
    await phase('build', () => buildComponent(place, component, worktree));
    await phase('docker build', () => dockerBuild(place, { component, worktree, context, base, name }));
    await phase('docker push', () => docker(place, 'push', '--quiet', name));
    await phase('worktree', () => git(place, 'worktree', 'remove', '--force', worktree));
    await run(place, { file: 'rm', args: ['-r', context], cwd: place.folder });
  }
  return sum;
}

/**
 * Every fresh worktree is built: also the doorman and the healthcheck were parts of the tree, and Gradle builds what they
 * depend on. Then what is the component's own, and nothing of the others.
 */
async function buildComponent(place: Place, component: Component, worktree: string): Promise<void> {
  await run(place, { file: 'sh', args: ['-c', place.build.node.command], cwd: worktree });
  const parts = COMPILED[component];
  if (!parts) return;
  const files = await glob(
    parts.map((part) => `${part}/**/*.java`),
    { cwd: SOURCES, absolute: true },
  );
  const classes = join(worktree, 'build/own');
  await mkdir(classes);
  const level = ['-source', '1.8', '-target', '1.8', '-proc:none', '-nowarn', '-encoding', 'UTF-8'];
  // Against libraries that lie there unpacked, as in Gradle's cache: we unpack them out of the node that was built.
  const args = [...level, '-d', classes, '-cp', place.libraries.join(':'), ...files];
  await run(place, { file: 'javac', args, cwd: worktree });
  const jar = join(worktree, 'build/own.jar');
  await run(place, { file: 'jar', args: ['cf', jar, '-C', classes, '.'], cwd: worktree });
}

interface DockerBuild {
  readonly component: Component;
  readonly worktree: string;
  readonly context: string;
  readonly base: string;
  readonly name: string;
}

/** A context of the jars and nothing else: sending the worktree would cost this way more. */
async function dockerBuild(place: Place, { component, worktree, context, base, name }: DockerBuild): Promise<void> {
  await mkdir(join(context, 'jars'), { recursive: true });
  await layJars(place, { component, worktree, jars: join(context, 'jars') });
  const file = [`FROM ${base}`, `LABEL ${BENCH_LABEL}=images`, 'COPY jars /opt/corda', 'USER 1000:1000', ''];
  await writeFile(join(context, 'Dockerfile'), file.join('\n'));
  await docker(place, 'build', '--quiet', '--tag', name, context);
}

async function layJars(
  { libraries, version }: Place,
  { component, worktree, jars }: { component: Component; worktree: string; jars: string },
): Promise<void> {
  const built = join(worktree, 'build');
  switch (component) {
    case 'node':
    case 'notary':
      // The capsule alone, which unpacks itself when it starts; our image has its jars as well.
      return copyFile(join(built, `libs/corda-${version}.jar`), join(jars, 'corda.jar'));
    case 'cordapps':
      return cp(join(built, 'apps'), jars, { recursive: true });
    case 'healthcheck':
      return copyFile(join(built, 'own.jar'), join(jars, 'healthcheck.jar'));
    case 'doorman':
    case 'driver':
      await copyFile(join(built, 'own.jar'), join(jars, `${component}.jar`));
      // Links cost nothing; a jar with all of them inside, as it was then, would have to be packed first.
      await Promise.all(libraries.map((library) => link(library, join(jars, basename(library)))));
  }
}

function git(place: Place, ...args: readonly string[]): Promise<unknown> {
  return run(place, { file: 'git', args, cwd: place.git.repository });
}

/** The builder of then; the engine's cache of layers is on, as it was. */
function docker(place: Place, ...args: readonly string[]): Promise<unknown> {
  return run(place, { file: 'docker', args, cwd: place.folder, env: { DOCKER_BUILDKIT: '0' } });
}

export function sum(phases: PhaseSeconds): number {
  return Object.values(phases).reduce((total, seconds) => total + seconds, 0);
}

export function inWords(phases: PhaseSeconds): string {
  const parts = Object.entries(phases).map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)}`);
  return `${sum(phases).toFixed(1)} s (${parts.join(', ')})`;
}
