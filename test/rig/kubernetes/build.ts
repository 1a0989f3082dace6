import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exists } from '../../../src/harness/support/files.ts';
import { exclusively } from '../exclusively.ts';

/** The programs of the cluster. */
export interface Box {
  /** All of Kubernetes, and kubectl. */
  readonly k8sbox: string;
  /** First process of every pod; needs no library. */
  readonly pause: string;
}

const SOURCES = join(import.meta.dirname, 'k8sbox');
const BINARIES = join(homedir(), '.cache', 'corda-compat-rig-bin');
/** Six minutes of two idle processors, when nothing of it is in Go's own cache. */
const BUILD_LIMIT_MS = 45 * 60_000;
const VERSION = 'k8s.io/component-base/version';

/** Programs that were built of these very sources by this Go. */
export async function builtBox(): Promise<Box | undefined> {
  const box = boxIn(await folderOfBuild());
  return (await exists(box.k8sbox)) ? box : undefined;
}

/** Builds them unless they are there. Of two that want them at once, one builds. */
export async function buildBox(say: (text: string) => void): Promise<Box> {
  const folder = await folderOfBuild();
  const build = async (): Promise<Box> => {
    if (!(await exists(folder))) await buildInto(folder, say);
    return boxIn(folder);
  };
  return (await builtBox()) ?? (await exclusively(folder, build, BUILD_LIMIT_MS));
}

/** Why nothing can be built; `undefined` where it can. */
export async function cannotBuild(): Promise<string | undefined> {
  return (await goVersion()) === undefined ? 'building Kubernetes needs Go (go.dev), 1.24 or later' : undefined;
}

function boxIn(folder: string): Box {
  return { k8sbox: join(folder, 'k8sbox'), pause: join(folder, 'pause') };
}

/** Named by all that goes into it. */
async function folderOfBuild(): Promise<string> {
  const hash = createHash('sha256').update(`${await goVersion()}\n${(await buildArguments()).join('\n')}\n`);
  const names = await readdir(SOURCES, { recursive: true });
  for (const name of names.filter((each) => /(\.go|go\.mod|go\.sum)$/.test(each)).sort()) {
    hash.update(`${name}\n`).update(await readFile(join(SOURCES, name)));
  }
  return join(BINARIES, hash.digest('hex').slice(0, 20));
}

async function buildInto(folder: string, say: (text: string) => void): Promise<void> {
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  say('building Kubernetes from source: minutes, the first time');
  const args = ['build', ...(await buildArguments()), '-o', `${part}/`, '.', './pause'];
  const env = { CGO_ENABLED: '0' };
  const done = await execa('go', args, { cwd: SOURCES, env, timeout: BUILD_LIMIT_MS, reject: false });
  if (done.failed) throw new Error(`Kubernetes could not be built: ${lastWords(done.stderr) || done.shortMessage}`);
  await rename(part, folder);
}

/** The same bytes wherever and whenever they are built. The programs say which version they are, as released ones do. */
async function buildArguments(): Promise<readonly string[]> {
  const version = /k8s\.io\/kubernetes v(1\.(\d+)\.\d+)/.exec(await readFile(join(SOURCES, 'go.mod'), 'utf8'));
  const [, release = '', minor = ''] = version ?? [];
  const variables = {
    [`${VERSION}.gitVersion`]: `v${release}`,
    [`${VERSION}.gitMajor`]: '1',
    [`${VERSION}.gitMinor`]: minor,
    [`${VERSION}.gitTreeState`]: 'clean',
    [`${VERSION}.buildDate`]: '2026-01-01T00:00:00Z',
  };
  const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  // Debugging data would cost a fifth of the time and is thrown away by the linker (-s -w).
  const cheap = ['-gcflags', 'all=-dwarf=false', '-ldflags', ['-s', '-w', ...set].join(' ')];
  return ['-trimpath', '-buildvcs=false', '-mod=readonly', ...cheap];
}

async function goVersion(): Promise<string | undefined> {
  const { stdout } = await execa('go', ['env', 'GOVERSION'], { cwd: SOURCES, reject: false });
  return stdout === '' ? undefined : stdout;
}

function lastWords(text: string): string {
  return text.trim().split('\n').slice(-8).join('\n');
}
