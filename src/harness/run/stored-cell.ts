import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BASELINE_FILE, parseBaseline } from '../oracle/baseline-file.ts';
import type { Baseline } from '../oracle/baseline.ts';
import { JournalReader, type JournalContents } from '../oracle/journal.ts';
import { judge } from '../oracle/judge.ts';
import type { Evidence } from '../replay/failure-class.ts';
import type { History } from '../replay/history.ts';
import { JOURNAL_FILE, parseViews, VIEWS_FILE, withJournal, type StoredViews } from '../oracle/stored-views.ts';
import { exists } from '../support/files.ts';
import { linesOf } from '../support/lines.ts';
import { messageOf } from '../support/words.ts';

/** A file of a stored cell that is missing or cannot be trusted. */
export class Unreadable extends Error {}

/** Whether a folder is that of a cell that traded. */
export async function holdsCell(folder: string): Promise<boolean> {
  return (await exists(join(folder, JOURNAL_FILE))) || (await exists(join(folder, VIEWS_FILE)));
}

/** @throws Unreadable */
export async function journalIn(folder: string): Promise<JournalContents> {
  return (await journalReadIn(folder)).contents();
}

async function journalReadIn(folder: string): Promise<JournalReader> {
  return await readWith(join(folder, JOURNAL_FILE), 'nothing says what was asked of the nodes', async (file) => {
    const reader = new JournalReader();
    for await (const line of linesOf(file)) reader.take(line);
    // Says now whether it can be trusted.
    reader.contents();
    return reader;
  });
}

/** @throws Unreadable */
export async function viewsIn(folder: string): Promise<StoredViews> {
  const missing = 'the run ended before the suite vault had looked into all vaults, or did not run it';
  return await readWith(join(folder, VIEWS_FILE), missing, async (file) => parseViews(await readFile(file, 'utf8')));
}

/** Undefined where nothing existed before the suites. @throws Unreadable */
export async function baselineIn(folder: string): Promise<Baseline | undefined> {
  const file = join(folder, BASELINE_FILE);
  return (await exists(file))
    ? await readWith(file, '', async () => parseBaseline(await readFile(file, 'utf8')))
    : undefined;
}

/** What was asked of a cell's nodes, in which order, and what was wrong with it. */
export interface CellRun extends Evidence {
  readonly history: History;
}

/** Judged by its journal alone where nobody looked into its vaults. @returns undefined where it cannot be read, or never traded */
export async function ranIn(folder: string): Promise<CellRun | undefined> {
  const journal = await unlessUnreadable(journalReadIn(folder));
  if (!journal) return undefined;
  const contents = journal.contents();
  const { operations: entries } = contents;
  const history = { entries, course: journal.course };
  const views = await unlessUnreadable(viewsIn(folder));
  if (!views) return { history, entries, findings: [], parties: [] };
  const baseline = await unlessUnreadable(baselineIn(folder));
  return {
    history,
    entries,
    findings: judge(withJournal(contents, views), baseline),
    parties: views.parties,
  };
}

/** Undefined where it is missing or cannot be trusted. */
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
    throw new Unreadable(`${file} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}
