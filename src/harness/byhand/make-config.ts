import { mkdir, chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, basename } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Cell } from '../config/cell.ts';
import { blocked, bug } from '../support/step-error.ts';
import type { KubernetesSettings } from '../providers/kubernetes/kubernetes-provider.ts';
import { engineOnce } from '../docker/engine.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';
import type { Progress } from '../support/progress.ts';
import { gatherParts } from '../provision/cell-images.ts';
import { clusterSettings } from '../provision/cluster-provider.ts';
import { engineImages } from '../provision/engine-images.ts';
import type { RunContext } from '../provision/provisioner.ts';
import { newRunId } from '../cleanup/run-folder.ts';
import { createRunResources } from '../provision/run-resources.ts';
import { watched, type Watched } from './build-components.ts';
import { composeConfig, type ByHandConfig } from './compose.ts';
import { renderConfig, type ConfigFormat, type RenderedFiles } from './render.ts';
import { type Environment, variableOr } from '../config/variables.ts';
import type { Ledger } from '../cleanup/ledger.ts';
import { exists, removeFolder } from '../support/files.ts';

export interface ConfigOrder {
  readonly cell: Cell;
  readonly namespace: string;
  readonly replicas: 0 | 1;
  readonly format: ConfigFormat;
  /** Absolute folder that is written. */
  readonly out: string;
}

export interface ByHandHost {
  /** COMPAT_STORAGE_CLASS as the command line has it. */
  readonly env: Environment;
  /** Absolute folder of the project. */
  readonly root: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Builds and publishes a cell’s images, and writes its nodes’ files with all objects of its namespace.
 * @throws StepError with nothing written
 */
export async function makeConfig(order: ConfigOrder, host: ByHandHost): Promise<ByHandConfig> {
  refuseWhatIsNotThere(order.cell);
  await refuseForeignFolder(order.out);
  const settings = await clusterSettings(host.env, order.cell.workloadKind);
  const runId = newRunId(new Date());
  return await watched(runId, host, async (own) => await compose(order, { ...host, settings, runId, own }));
}

interface Composing extends ByHandHost {
  readonly settings: KubernetesSettings;
  readonly runId: string;
  readonly own: Watched;
}

async function compose(order: ConfigOrder, { env, root, progress, signal, settings, runId, own }: Composing) {
  const { cell, namespace, replicas, format, out } = order;
  const { releases, ledger, folder } = own;
  const results = resolve(root, variableOr(env, 'COMPAT_RESULTS'));
  const evidence = join(results, cell.name);
  await mkdir(evidence, { recursive: true });
  const run: RunContext = { runId, results, root, env, progress };
  const { client } = await engineOnce({ ...env })();
  const ensureImages = await engineImages(client, { run, releases });
  const resources = createRunResources(releases);
  const say = (text: string) => progress.say(text, cell.name);
  let reports: readonly ReleaseReport[] | undefined;
  const told = (known: readonly ReleaseReport[]): void => void (reports = known);
  say('resolving the releases, then building and publishing images');
  const parts = await gatherParts(cell, { resources, images: { ensureImages, withCordapps: true } }, told);
  if (!reports) bug('the releases have no reports');
  const marker = `${runId}/by-hand`;
  await ledger.record({ kind: 'processes', marker });
  const makeup = { cell, parts, namespace, replicas, settings, reports, resources };
  const state = { runId, ledger, root: dirname(folder), env };
  const config = await composeConfig({ ...makeup, ...state, marker, folder, evidence, signal, say });
  signal.throwIfAborted();
  await writeConfigFolder(out, await renderConfig(config, format), { ledger, signal });
  return config;
}

/** Refuses cells that a run supports and files for kubectl do not yet. @throws StepError blocked */
function refuseWhatIsNotThere({ name, topology }: Cell): void {
  if (topology.database !== 'h2') {
    const what = `${name} has its databases on a PostgreSQL server, which a network by hand does not start`;
    throw blocked('space', `${what}: set topology.database to "h2"`);
  }
  const notaries = topology.nodes.filter(({ notary }) => notary).length;
  if (topology.onboarding === 'doorman' && notaries > 1) {
    const why = "and each would make the network's parameters with itself alone";
    const advice = 'set topology.notaries to 1, or topology.onboarding to "minted"';
    throw blocked('space', `${name} has ${notaries} notaries that register with a doorman, ${why}: ${advice}`);
  }
}

/** Lists the files that are ours, one a line; kubectl, helm and kustomize pass over it. */
const MARKER = '.corda-compat';
const HEADING = '# Written by corda-compat config, which replaces these files and no others:';
const REMOVAL_LIMIT_MS = 30_000;

/** @throws StepError blocked where something is there that is not a former configuration of ours */
export async function refuseForeignFolder(folder: string): Promise<void> {
  const found = await filesBelow(folder);
  if (found.length === 0) return;
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => undefined);
  const ours = new Set([MARKER, ...(marker ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'))]);
  const foreign = found.filter((path) => !ours.has(path));
  if (foreign.length === 0) return;
  const some = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ` and ${foreign.length - 3} more` : '');
  const what = `${folder} holds files that corda-compat has not written (${some})`;
  throw blocked('space', `${what}. Name another folder with --out, or move them away`);
}

/**
 * Writes the folder whole or not at all; a former folder of ours is replaced. It has keys and passwords, so only its owner may read it.
 * @throws StepError blocked where something else is there
 */
export async function writeConfigFolder(
  folder: string,
  files: RenderedFiles,
  { ledger, signal }: { readonly ledger: Ledger; readonly signal: AbortSignal },
): Promise<void> {
  await refuseForeignFolder(folder);
  const id = randomBytes(4).toString('hex');
  const beside = (word: string): string => join(dirname(folder), `.${basename(folder)}.${id}.${word}`);
  const [fresh, former] = [beside('new'), beside('old')];
  await mkdir(dirname(folder), { recursive: true });
  const entry = await ledger.record({ kind: 'folder', path: fresh });
  try {
    await writeAll(fresh, files, signal);
    const hadFormer = await exists(folder);
    if (hadFormer) await rename(folder, former);
    await rename(fresh, folder).catch(async (error: unknown) => {
      if (hadFormer) await rename(former, folder);
      throw error;
    });
    if (hadFormer) await removeFolder(former, REMOVAL_LIMIT_MS);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await ledger.undone(entry);
  }
}

async function writeAll(folder: string, files: RenderedFiles, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  const marker = [HEADING, ...[...files.keys()].sort()].map((line) => `${line}\n`).join('');
  for (const [path, text] of [...files, [MARKER, marker] as const]) {
    signal.throwIfAborted();
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
  // Whatever the umask says.
  await chmod(folder, 0o700);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw blocked('space', `${folder} is a file: name a folder with --out`);
    throw error;
  }
}
