import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exists } from '../../../src/harness/support/files.ts';
import { exclusively } from '../exclusively.ts';
import { helmModule, kubernetesModule, type GoModule } from './go-modules.ts';

/** The programs of the cluster. */
export interface Box {
  /** All of Kubernetes, and kubectl. */
  readonly k8sbox: string;
  /** First process of every pod; needs no library. */
  readonly pause: string;
  readonly helm: string;
}

const BINARIES = join(homedir(), '.cache', 'corda-compat-rig-bin');
/** Seven minutes of two idle processors, when nothing of it is in Go's own cache. */
const BUILD_LIMIT_MS = 45 * 60_000;

/** Programs that were built of these very sources by this Go. */
export async function builtBox(): Promise<Box | undefined> {
  const folders = await foldersOfBuild();
  const found = await Promise.all(Object.values(folders).map(exists));
  return found.every(Boolean) ? boxIn(folders) : undefined;
}

/** Builds them unless they are there. Of two that want them at once, one builds. */
export async function buildBox(say: (text: string) => void): Promise<Box> {
  const folders = await foldersOfBuild();
  const { kubernetes, helm } = await modules();
  // One after the other: each keeps all processors busy.
  await build(kubernetes, folders.kubernetes, say);
  await build(helm, folders.helm, say);
  return boxIn(folders);
}

/** Why nothing can be built; `undefined` where it can. */
export async function cannotBuild(): Promise<string | undefined> {
  return (await goVersion()) === undefined ? 'building Kubernetes needs Go (go.dev), 1.24 or later' : undefined;
}

async function modules() {
  return { kubernetes: await kubernetesModule(), helm: await helmModule() };
}

async function foldersOfBuild() {
  const { kubernetes, helm } = await modules();
  return { kubernetes: await folderOf(kubernetes), helm: await folderOf(helm) };
}

function boxIn({ kubernetes, helm }: Awaited<ReturnType<typeof foldersOfBuild>>): Box {
  return { k8sbox: join(kubernetes, 'k8sbox'), pause: join(kubernetes, 'pause'), helm: join(helm, 'helm') };
}

/** Named by all that goes into it. */
async function folderOf(module: GoModule): Promise<string> {
  const { sources } = module;
  const hash = createHash('sha256').update([await goVersion(), ...buildArguments(module)].join('\n'));
  const names = await readdir(sources, { recursive: true });
  for (const name of names.filter((each) => /(\.go|go\.mod|go\.sum)$/.test(each)).sort()) {
    hash.update(`\n${name}\n`).update(await readFile(join(sources, name)));
  }
  return join(BINARIES, hash.digest('hex').slice(0, 20));
}

async function build(module: GoModule, folder: string, say: (text: string) => void): Promise<void> {
  if (await exists(folder)) return;
  const work = async (): Promise<void> => {
    if (!(await exists(folder))) await buildInto(folder, module, say);
  };
  await exclusively(folder, work, BUILD_LIMIT_MS);
}

async function buildInto(folder: string, module: GoModule, say: (text: string) => void): Promise<void> {
  const { what, sources, packages } = module;
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  say(`building ${what} from source: minutes, the first time`);
  const args = ['build', ...buildArguments(module), '-o', `${part}/`, ...packages];
  const env = { CGO_ENABLED: '0' };
  const done = await execa('go', args, { cwd: sources, env, timeout: BUILD_LIMIT_MS, reject: false });
  if (done.failed) throw new Error(`${what} could not be built: ${lastWords(done.stderr) || done.shortMessage}`);
  await rename(part, folder);
}

/** The same bytes wherever and whenever they are built. */
function buildArguments({ variables }: GoModule): readonly string[] {
  const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  // Debugging data would cost a fifth of the time and is thrown away by the linker (-s -w).
  const cheap = ['-gcflags', 'all=-dwarf=false', '-ldflags', ['-s', '-w', ...set].join(' ')];
  return ['-trimpath', '-buildvcs=false', '-mod=readonly', ...cheap];
}

async function goVersion(): Promise<string | undefined> {
  // Not in the sources' folder: what Go says there may depend on them.
  const { stdout } = await execa('go', ['env', 'GOVERSION'], { reject: false });
  return stdout === '' ? undefined : stdout;
}

function lastWords(text: string): string {
  return text.trim().split('\n').slice(-8).join('\n');
}
