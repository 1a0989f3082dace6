import { setMaxListeners } from 'node:events';
import type { Cell } from '../config/cell.ts';
import { readySteps } from '../plan/steps.ts';
import { createReleasesContext, type ReleasesContext } from '../releases/context.ts';
import { defaultStateRoot } from '../support/files.ts';
import { withLimit } from '../support/wait.ts';
import { estimateMb } from '../plan/memory.ts';
import { underway, wayOf, type CellHost } from './cell-steps.ts';
import { openLedger, type RunLedger } from '../cleanup/ledger.ts';
import type { Provisioner, RunContext } from './provisioner.ts';
import { startReaper, type Reaper } from '../cleanup/reaper.ts';
import { createRunFolder, removeRunFolder, type RunFolder } from '../cleanup/run-folder.ts';
import { tellSwept } from './run-provider.ts';
import { runProviders } from './run-providers.ts';
import { createRunResources } from './run-resources.ts';
import { sweep } from '../cleanup/sweep.ts';
import { undoLedger } from '../cleanup/undo.ts';

/**
 * Networks of real nodes. Before the first of them: what dead runs left is removed, and a reaper watches this one.
 * @throws StepError blocked when the cache or the reaper cannot be had
 */
export function createNodeProvisioner(run: RunContext): Provisioner {
  const stop = new AbortController();
  // Whatever goes on at a time listens to it: no limit would say anything.
  setMaxListeners(0, stop.signal);
  let opening: Promise<OpenRun> | undefined;
  const open = async (cell: Cell): Promise<CellHost> => {
    const { hostOf } = await (opening ??= openRun(run, stop.signal));
    return await hostOf(cell);
  };
  return {
    steps: (cell, context) => readySteps(wayOf(cell), cell, underway({ cell, run, context, open })),
    estimateMb,
    close: async () => {
      stop.abort(new Error('the run is over'));
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** The run's parts, from the first step of its first cell. */
interface OpenRun {
  readonly hostOf: (cell: Cell) => Promise<CellHost>;
  readonly close: () => Promise<void>;
}

async function openRun(run: RunContext, signal: AbortSignal): Promise<OpenRun> {
  const root = defaultStateRoot();
  await sweepBefore(run, root);
  const folder = await createRunFolder(root, run.runId);
  // The reaper starts while the first cell's jars are looked at; there is nothing to reap before there is a space.
  const guarding = guarded(folder, run.scratch);
  guarding.catch(() => undefined);
  const { env, progress } = run;
  const ledger = async (): Promise<RunLedger> => (await guarding).ledger;
  const releases = await createReleasesContext({ env, progress, signal, run: { id: run.runId, ledger } });
  const providerOf = runProviders({ run, root, releases });
  const resources = createRunResources(releases);
  return {
    hostOf: async (cell) => ({ ledger, resources, ...(await providerOf(cell)) }),
    close: async () => {
      await endOfBuilds(releases);
      // Where there is no guard there is no space either, and the cells have said why.
      const guard = await guarding.catch(() => undefined);
      if (guard) await closeGuard(guard, folder);
    },
  };
}

const END_OF_BUILDS_MS = 25_000;

/** Builds that were stopped remove what they made; what they cannot is in the ledger. */
async function endOfBuilds({ known }: ReleasesContext): Promise<void> {
  const ended = Promise.allSettled([...known.releases.values()]);
  await withLimit(ended, { name: 'the end of builds', limit: END_OF_BUILDS_MS }).catch(() => undefined);
}

/** The reaper and ledger of a run: see teardown in the architecture. */
interface Guard {
  readonly ledger: RunLedger;
  readonly reaper: Reaper;
}

export async function guarded(folder: RunFolder, scratch: readonly string[] = []): Promise<Guard> {
  const ledger = await openLedger(folder.ledgerFile);
  try {
    for (const path of scratch) await ledger.record({ kind: 'folder', path });
    return { ledger, reaper: await startReaper(folder.path) };
  } catch (error) {
    await ledger.close();
    await removeRunFolder(folder.path);
    throw error;
  }
}

/** Nothing open: the reaper may go. Something open: one more try here, and one by the reaper if that fails too. */
export async function closeGuard({ ledger, reaper }: Guard, folder: RunFolder): Promise<void> {
  await ledger.close();
  const { failures } = await undoLedger(folder.ledgerFile);
  if (failures.length > 0) {
    reaper.handOver();
    const what = failures.map(({ what, message }) => `${what}: ${message}`).join('; ');
    throw new Error(`could not be removed: ${what}; the reaper tries once more`);
  }
  await removeRunFolder(folder.path);
  await reaper.done();
}

export async function sweepBefore(run: Pick<RunContext, 'progress'>, root: string): Promise<void> {
  const { items } = await sweep({ root, dryRun: false });
  tellSwept(run, items);
}
