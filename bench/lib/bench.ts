import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Cell } from '../../src/harness/config/cell.ts';
import { loadCells } from '../../src/harness/config/expand.ts';
import { createLocalProvider } from '../../src/harness/providers/local/local-provider.ts';
import type { Provider } from '../../src/harness/providers/provider.ts';
import { createReleasesContext } from '../../src/harness/releases/context.ts';
import { openLedger, type RunLedger } from '../../src/harness/cleanup/ledger.ts';
import { startReaper } from '../../src/harness/cleanup/reaper.ts';
import { createRunFolder, newRunId, removeRunFolder } from '../../src/harness/cleanup/run-folder.ts';
import { createRunResources, type RunResources } from '../../src/harness/provision/run-resources.ts';
import { undoLedger } from '../../src/harness/cleanup/undo.ts';
import { defaultStateRoot } from '../../src/harness/support/files.ts';

/** What every measurement works with: the same things that a run has. */
export interface Bench {
  readonly runId: string;
  readonly resources: RunResources;
  readonly provider: Provider;
  /** Where runs keep their state. */
  readonly root: string;
  readonly ledger: RunLedger;
  /** Removed at the end. */
  readonly folder: string;
  readonly signal: AbortSignal;
  say(text: string): void;
  /** A cell of bench/matrix.json. */
  cell(name: string): Cell;
}

/** Does the work with everything of a run around it, and leaves nothing behind: also not when it is interrupted. */
export async function withBench(work: (bench: Bench) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const root = defaultStateRoot();
  const run = await createRunFolder(root, newRunId(new Date()));
  const [ledger, reaper] = [await openLedger(run.ledgerFile), await startReaper(run.path)];
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-bench-'));
  await ledger.record({ kind: 'folder', path: folder });
  try {
    const progress = { say };
    const releases = await createReleasesContext({ env: process.env, progress, signal: stop.signal });
    const { cells } = await loadCells({ cwd: import.meta.dirname, env: { COMPAT_MATRIX: '../matrix.json' } });
    const cell = (name: string): Cell => cells.find((one) => one.name === name) ?? fail(`no cell ${name}`);
    const provider = createLocalProvider({ root, env: process.env });
    const { runId } = run;
    const resources = createRunResources(releases);
    await work({ runId, resources, provider, root, ledger, folder, signal: stop.signal, say, cell });
  } finally {
    await ledger.close();
    await undoLedger(run.ledgerFile);
    await rm(folder, { recursive: true, force: true });
    await reaper.done();
    await removeRunFolder(run.path);
  }
}

/** Date, machine and how busy it was: without these no figure means anything. */
export function circumstances(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const load = loadavg()
    .map((average) => average.toFixed(1))
    .join(', ');
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `${date} UTC; ${cpus().length} × ${model}, ${memory} GiB; Node ${process.versions.node}; load averages ${load}`;
}

function say(text: string): void {
  console.log(`${(performance.now() / 1000).toFixed(1).padStart(7)} s  ${text}`);
}

function fail(message: string): never {
  throw new Error(message);
}
