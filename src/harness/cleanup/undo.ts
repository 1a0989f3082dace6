import { join } from 'node:path';
import { dropDatabase } from '../databases/server.ts';
import { shownServer } from '../config/outside.ts';
import { SPACE_MARKER, type Creation, LEDGER_FILE, openLedger, readLedger, type LedgerEntry } from './ledger.ts';
import { engineAt } from '../docker/engine-address.ts';
import { removeLabelled } from '../providers/docker/labelled.ts';
import { clusterAt } from '../providers/kubernetes/cluster.ts';
import { removeSpace } from '../providers/kubernetes/space-entry.ts';
import { exists, removeFolder } from '../support/files.ts';
import { endProcesses } from '../support/processes.ts';
import { removeRunFolder } from './run-folder.ts';
import { messageOf } from '../support/words.ts';

export interface UndoLimits {
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Milliseconds that one entry may take. */
  readonly limitMs: number;
}

export interface UndoFailure {
  /** `folder /tmp/…`, `processes of …`. */
  readonly what: string;
  readonly message: string;
}

export interface UndoReport {
  readonly undone: readonly string[];
  readonly failures: readonly UndoFailure[];
}

const UNDO_LIMITS: UndoLimits = { graceMs: 2_000, limitMs: 30_000 };
/** See RemoveOptions: what is undone from a ledger was not undone by its maker. */
const ENGINE_LOOKS = 3;

/** A cluster deletes a namespace step by step. */
const CLUSTER_LIMIT_MS = 90_000;

/** An entry of the ledger, in words. */
function describeCreation(creation: Creation): string {
  if (creation.kind === 'folder') return `folder ${creation.path}`;
  if (creation.kind === 'database') return `database ${creation.name} on ${shownServer(creation.server)}`;
  if (creation.kind === 'docker') return `containers, networks and volumes with ${creation.label}`;
  if (creation.kind === 'kubernetes')
    return `${creation.given ? 'our objects in ' : ''}namespace ${creation.namespace}`;
  return `processes of ${creation.marker}`;
}

/** Undoes all open entries of a ledger, newest first. Everything is attempted; what failed is told, not thrown. */
export async function undoLedger(file: string, limits: UndoLimits = UNDO_LIMITS): Promise<UndoReport> {
  if (!(await exists(file))) return { undone: [], failures: [] };
  const { entries } = await readLedger(file);
  const ledger = await openLedger(file);
  try {
    return await attemptAll(
      entries.map((entry) => ({
        what: describeCreation(entry.creation),
        act: async () => {
          await undoEntry(entry, limits);
          await ledger.undone(entry.id);
        },
      })),
    );
  } finally {
    await ledger.close();
  }
}

/**
 * Undoes a run that is dead: its ledger, then every process that carries its mark (a vitest worker that outlived the
 * run, a process of a ledger that is damaged), at last its folder, which stays for the next try if anything failed.
 */
export async function undoRun(folder: string, runId: string, limits: UndoLimits = UNDO_LIMITS): Promise<UndoReport> {
  const ledger = await attempt(`ledger ${folder}`, () => undoLedger(join(folder, LEDGER_FILE), limits));
  const marked: Creation = { kind: 'processes', marker: runId };
  const processes = await attemptAll([
    { what: describeCreation(marked), act: () => undoEntry({ id: '', creation: marked, processes: [] }, limits) },
  ]);
  const failures = [...ledger.failures, ...processes.failures];
  if (failures.length > 0) return { undone: ledger.undone, failures };
  const last = await attemptAll([{ what: `folder ${folder}`, act: () => removeRunFolder(folder) }]);
  return { undone: [...ledger.undone, ...last.undone], failures: last.failures };
}

async function undoEntry({ creation, processes }: LedgerEntry, { graceMs, limitMs }: UndoLimits): Promise<void> {
  if (creation.kind === 'folder') {
    await removeFolder(creation.path, limitMs);
    return;
  }
  if (creation.kind === 'database') {
    await dropDatabase(creation.server, creation.name);
    return;
  }
  if (creation.kind === 'docker') {
    await removeLabelled(engineAt(creation.engine), creation.label, { limitMs, looks: ENGINE_LOOKS });
    return;
  }
  if (creation.kind === 'kubernetes') {
    const limit = Math.max(limitMs, CLUSTER_LIMIT_MS);
    await removeSpace(await clusterAt(creation.cluster), creation, { limit, looks: ENGINE_LOOKS });
    return;
  }
  const marker = { name: SPACE_MARKER, value: creation.marker };
  await endProcesses({ name: describeCreation(creation), marker, recorded: processes, graceMs, limitMs });
}

interface UndoStep {
  readonly what: string;
  readonly act: () => Promise<void>;
}

async function attemptAll(steps: readonly UndoStep[]): Promise<UndoReport> {
  const undone: string[] = [];
  const failures: UndoFailure[] = [];
  for (const { what, act } of steps) {
    const report = await attempt(what, async () => {
      await act();
      return { undone: [what], failures: [] };
    });
    undone.push(...report.undone);
    failures.push(...report.failures);
  }
  return { undone, failures };
}

async function attempt(what: string, act: () => Promise<UndoReport>): Promise<UndoReport> {
  try {
    return await act();
  } catch (error) {
    return { undone: [], failures: [{ what, message: messageOf(error) }] };
  }
}
