import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandResult } from '../../src/harness/support/run-command.ts';
import { timed } from '../lib/figures.ts';
import { run, type Place } from './place.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/corda-compat.js');
const RELEASE = 'v1';

/** What one `corda-compat build` came to. */
export interface OurBuild {
  readonly seconds: number;
  /** Names of the images. */
  readonly images: readonly string[];
  readonly output: string;
}

export interface OurWay {
  /** All components of the release, as a user asks for them: from the start of the program to its end. */
  build(): Promise<OurBuild>;
}

/** A user's folder with a matrix, and an empty cache. */
export async function ourWay(place: Place, base: string): Promise<OurWay> {
  const { folder, git, ref, jdk, build } = place;
  const env = {
    COMPAT_MATRIX: await writeMatrix(folder, { git: git.repository, ref, java: 8, build }),
    COMPAT_CACHE: join(folder, 'cache'),
    // The same compiler as the other way's: fetching one is not what is compared.
    COMPAT_JAVA_8_HOME: jdk.home,
    COMPAT_BASE_IMAGE: base,
  };
  return {
    build: async () => {
      const { seconds, value } = await timed(() => program(place, ['-r', RELEASE], env));
      return { seconds, images: namesIn(value), output: value.output };
    },
  };
}

/** Makes the base image of both ways, in the engine and in the registry, with the user's own cache. Returns its name. */
export async function makeBase(place: Place): Promise<string> {
  const { releases } = place.bench.resources;
  const env = {
    COMPAT_MATRIX: await writeMatrix(place.folder, { maven: place.version }),
    COMPAT_CACHE: releases.cache.folder,
    COMPAT_JAVA_8_HOME: place.jdk.home,
  };
  const [base = ''] = namesIn(await program(place, ['base'], env));
  return base;
}

function program(place: Place, args: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandResult> {
  const registry = {
    COMPAT_REGISTRY: place.store.prefix('ours'),
    COMPAT_REGISTRY_USER: process.env['COMPAT_REGISTRY_USER'] ?? '',
    COMPAT_REGISTRY_PASSWORD: process.env['COMPAT_REGISTRY_PASSWORD'] ?? '',
  };
  const command = { file: process.execPath, args: [PROGRAM, 'build', ...args], cwd: place.folder };
  return run(place, { ...command, env: { ...env, ...registry } });
}

async function writeMatrix(folder: string, release: object): Promise<string> {
  const file = join(folder, 'matrix.json');
  await writeFile(file, JSON.stringify({ releases: { [RELEASE]: release }, pairs: [[RELEASE, RELEASE]] }));
  return file;
}

/** Of the table that the program prints. */
function namesIn({ stdout }: { readonly stdout: string }): readonly string[] {
  return stdout.split('\n').flatMap((line) => /^\S.* {2}(\S+:\S+)$/.exec(line)?.[1] ?? []);
}
