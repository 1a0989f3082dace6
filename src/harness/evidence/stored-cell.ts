import { readFile, readdir } from 'node:fs/promises';
import { join, basename, resolve } from 'node:path';
import { BASELINE_FILE, parseBaseline, type Baseline } from '../trade/baseline-file.ts';
import { JournalReader, type JournalContents } from '../trade/journal.ts';
import { judge } from '../judge/judge.ts';
import type { Evidence } from '../judge/replay/failure-class.ts';
import type { History } from '../judge/replay/history.ts';
import { JOURNAL_FILE, parseViews, VIEWS_FILE, withJournal, type StoredViews, type Finding } from '../trade/views.ts';
import { exists, linesOf, isFolder } from '../support/files.ts';
import { messageOf } from '../support/words.ts';
import { blocked } from '../support/step-error.ts';

/** A file of a stored cell that is missing or cannot be trusted. */
class Unreadable extends Error {}

/** Whether a folder is that of a cell that traded. */
async function holdsCell(folder: string): Promise<boolean> {
  return (await exists(join(folder, JOURNAL_FILE))) || (await exists(join(folder, VIEWS_FILE)));
}

/** @throws Unreadable */
export async function journalIn(folder: string): Promise<JournalContents> {
  return (await journalReadIn(folder)).contents();
}

async function journalReadIn(folder: string): Promise<JournalReader> {
  return await readWith(join(folder, JOURNAL_FILE), 'without it the operations are unknown', async (file) => {
    const reader = new JournalReader();
    for await (const line of linesOf(file)) reader.take(line);
    // Says now whether it can be trusted.
    reader.contents();
    return reader;
  });
}

/** @throws Unreadable */
export async function viewsIn(folder: string): Promise<StoredViews> {
  const missing = 'the run ended before the suite vault read all vaults, or did not run that suite';
  return await readWith(join(folder, VIEWS_FILE), missing, async (file) => parseViews(await readFile(file, 'utf8')));
}

/** Undefined if nothing existed before the suites. @throws Unreadable */
export async function baselineIn(folder: string): Promise<Baseline | undefined> {
  const file = join(folder, BASELINE_FILE);
  return (await exists(file))
    ? await readWith(file, '', async () => parseBaseline(await readFile(file, 'utf8')))
    : undefined;
}

/** The operations of a cell in their order, and the findings. */
export interface CellRun extends Evidence {
  readonly history: History;
}

/** Judges a cell by its journal alone if its vaults were not read. @returns undefined if it never traded, or its journal is not readable */
export async function ranIn(folder: string): Promise<CellRun | undefined> {
  const journal = await unlessUnreadable(journalReadIn(folder));
  if (!journal) return undefined;
  const contents = journal.contents();
  const { operations: entries } = contents;
  const history = { entries, course: journal.course };
  const views = await unlessUnreadable(viewsIn(folder));
  if (!views) return { history, entries, findings: [], parties: [] };
  const baseline = await unlessUnreadable(baselineIn(folder));
  return { history, entries, findings: judge(withJournal(contents, views), baseline), parties: views.parties };
}

/** Undefined if it is missing or cannot be trusted. */
export async function unlessUnreadable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

async function readWith<T>(file: string, missing: string, read: (file: string) => Promise<T>): Promise<T> {
  if (!(await exists(file))) throw new Unreadable(`${file} is missing: ${missing}.`);
  try {
    return await read(file);
  } catch (cause) {
    throw new Unreadable(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** A stored cell, judged again. */
export type Rechecked =
  | {
      readonly cell: string;
      readonly operations: number;
      /** Operations without an ok among them. */
      readonly undecided: number;
      readonly findings: readonly Finding[];
    }
  | { readonly cell: string; readonly problem: string };

/**
 * Judges the cells of a stored run again, or one cell, by its folder: without any node. Cells that never traded have
 * nothing to judge and are left out. It reads one cell after the other, when the caller takes the next result.
 * @throws StepError if the folder has no cell at all
 */
export async function* recheck(folder: string): AsyncGenerator<Rechecked, void, undefined> {
  const cells = await cellsIn(folder);
  for (const cell of cells) yield await recheckCell(cell);
}

async function cellsIn(folder: string): Promise<readonly string[]> {
  if (!(await isFolder(folder)))
    throw blocked('evidence', `${folder} is not a folder. Name the results of a run or of a cell.`);
  if (await holdsCell(folder)) return [folder];
  const names = (await readdir(folder)).sort();
  const folders = names.map((name) => join(folder, name));
  const cells: string[] = [];
  for (const one of folders) if ((await isFolder(one)) && (await holdsCell(one))) cells.push(one);
  if (cells.length > 0) return cells;
  throw blocked(
    'evidence',
    `${folder} has no cell that traded: neither it nor a folder in it has ${JOURNAL_FILE} or ${VIEWS_FILE}. A blocked run has none.`,
  );
}

async function recheckCell(folder: string): Promise<Rechecked> {
  const cell = basename(resolve(folder));
  try {
    const journal = await journalIn(folder);
    const { operations } = journal;
    const views = await viewsIn(folder);
    const baseline = await baselineIn(folder);
    const findings = judge(withJournal(journal, views), baseline);
    const undecided = operations.filter(({ end }) => end.result !== 'ok').length;
    return { cell, operations: operations.length, undecided, findings };
  } catch (error) {
    if (error instanceof Unreadable) return { cell, problem: error.message };
    throw error;
  }
}
