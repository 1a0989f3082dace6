import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { exists } from '../../../src/harness/support/files.ts';
import { exclusively } from '../exclusively.ts';

/** Versions of Kubernetes whose own types check manifests: each has a `.mod` and a `.sum` beside the program. */
export const KUBERNETES_VERSIONS = ['1.29', '1.30', '1.31', '1.32', '1.33', '1.34'] as const;
export type KubernetesVersion = (typeof KUBERNETES_VERSIONS)[number];

const SOURCES = join(import.meta.dirname, 'schemas');
const BINARIES = join(homedir(), '.cache', 'corda-compat-rig-bin');
/** The first takes most: what the others share with it is in Go's own cache then. */
const BUILD_LIMIT_MS = 10 * 60_000;
/** As the cluster is built, so that Go's own library is compiled once for both. */
const ARGUMENTS = [
  '-trimpath',
  '-buildvcs=false',
  '-mod=readonly',
  '-gcflags',
  'all=-dwarf=false',
  '-ldflags',
  '-s -w',
];
const answers = z.array(z.array(z.string()));

/** Why nothing can be checked; `undefined` where it can. */
export async function cannotCheckSchemas(): Promise<string | undefined> {
  const { failed } = await execa('go', ['version'], { reject: false });
  return failed ? 'checking manifests needs Go (go.dev), 1.24 or later' : undefined;
}

/** What the types of that version do not know of each object: none where it is valid. Case counts, as in the API server. */
export async function schemaProblems(
  version: KubernetesVersion,
  objects: readonly object[],
): Promise<readonly (readonly string[])[]> {
  const { stdout } = await execa(await checker(version), { input: JSON.stringify(objects) });
  return answers.parse(JSON.parse(stdout));
}

/** Named by all that goes into it; built once. */
async function checker(version: KubernetesVersion): Promise<string> {
  const { stdout: go } = await execa('go', ['env', 'GOVERSION']);
  const hash = createHash('sha256').update([go, ...ARGUMENTS].join('\n'));
  for (const name of ['main.go', `${version}.mod`, `${version}.sum`]) hash.update(await readFile(join(SOURCES, name)));
  const program = join(BINARIES, hash.digest('hex').slice(0, 20), `schemas-${version}`);
  await exclusively(dirname(program), () => buildOnce(program, version), BUILD_LIMIT_MS);
  return program;
}

async function buildOnce(program: string, version: KubernetesVersion): Promise<void> {
  if (await exists(program)) return;
  const part = `${program}.part`;
  await mkdir(dirname(program), { recursive: true });
  await rm(part, { force: true });
  const args = ['build', ...ARGUMENTS, `-modfile=${version}.mod`, '-o', part, '.'];
  const options = { cwd: SOURCES, env: { CGO_ENABLED: '0' }, timeout: BUILD_LIMIT_MS, reject: false } as const;
  const { failed, stderr, shortMessage } = await execa('go', args, options);
  if (failed) throw new Error(`the types of Kubernetes ${version} could not be built: ${stderr || shortMessage}`);
  await rename(part, program);
}
