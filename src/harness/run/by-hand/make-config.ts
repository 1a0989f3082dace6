import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Cell } from '../../domain/cell.ts';
import { blocked } from '../../domain/step-error.ts';
import type { KubernetesSettings } from '../../providers/kubernetes/settings.ts';
import { engineOnce } from '../../docker/engine.ts';
import type { ReleaseReport } from '../../report/run-report.ts';
import type { Progress } from '../../support/progress.ts';
import { gatherParts } from '../../provision/cell-images.ts';
import { clusterSettings } from '../cluster-settings.ts';
import { engineImages } from '../engine-images.ts';
import type { RunContext } from '../provisioner.ts';
import { newRunId } from '../run-folder.ts';
import { createRunResources } from '../run-resources.ts';
import { watched, type Watched } from '../watched.ts';
import { composeConfig, type ByHandConfig } from './compose.ts';
import { renderConfig, type ConfigFormat } from './render.ts';
import { refuseForeignFolder, writeConfigFolder } from './write-files.ts';
import type { Environment } from '../../domain/environment.ts';
import { variableOr } from '../../domain/environment.ts';

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
 * Builds and publishes a cell's images, stages its nodes, and writes all that its namespace consists of.
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

async function compose(
  order: ConfigOrder,
  { env, root, progress, signal, settings, runId, own }: Composing,
): Promise<ByHandConfig> {
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
  if (!reports) throw new Error('This is a bug in the harness: nobody said what the releases are made of.');
  const marker = `${runId}/by-hand`;
  await ledger.record({ kind: 'processes', marker });
  const makeup = { cell, parts, namespace, replicas, settings, reports, resources };
  const state = { runId, ledger, root: dirname(folder), env };
  const config = await composeConfig({ ...makeup, ...state, marker, folder, evidence, signal, say });
  signal.throwIfAborted();
  await writeConfigFolder(out, await renderConfig(config, format), { ledger, signal });
  return config;
}

/** What a run can do and files for kubectl cannot yet. @throws StepError blocked */
function refuseWhatIsNotThere({ name, topology }: Cell): void {
  const refuse = (what: string, instead: string) => blocked('space', `${name} ${what}: ${instead}`);
  if (topology.database !== 'h2')
    throw refuse('has its databases on a PostgreSQL server, which nobody would start', 'set topology.database to "h2"');
  const notaries = topology.nodes.filter(({ notary }) => notary).length;
  if (topology.onboarding === 'doorman' && notaries > 1)
    throw refuse(
      `has ${notaries} notaries that register with a doorman, and each would make the network's parameters with itself alone`,
      'set topology.notaries to 1, or topology.onboarding to "minted"',
    );
}
