import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { blocked } from '../domain/step-error.ts';
import { judge } from '../oracle/judge.ts';
import type { Finding } from '../oracle/views.ts';
import { JOURNAL_FILE, VIEWS_FILE, withJournal } from '../oracle/stored-views.ts';
import { isFolder } from '../support/files.ts';
import { baselineIn, holdsCell, journalIn, Unreadable, viewsIn } from './stored-cell.ts';

/** A stored cell, judged again. */
export type Rechecked =
  | {
      readonly cell: string;
      readonly operations: number;
      /** Of these, those that nobody got an ok for. */
      readonly undecided: number;
      readonly findings: readonly Finding[];
    }
  | { readonly cell: string; readonly problem: string };

/**
 * Judges the cells of a stored run again, or one cell, by its folder: without any node. Cells that never traded have
 * nothing to judge and are left out. Cells are read one after the other, as the result is asked for.
 * @throws StepError where the folder holds no cell at all
 */
export async function* recheck(folder: string): AsyncGenerator<Rechecked, void, undefined> {
  const cells = await cellsIn(folder);
  for (const cell of cells) yield await recheckCell(cell);
}

async function cellsIn(folder: string): Promise<readonly string[]> {
  if (!(await isFolder(folder)))
    throw blocked('evidence', `${folder} is no folder: name a run's results, or one cell's.`);
  if (await holdsCell(folder)) return [folder];
  const names = (await readdir(folder)).sort();
  const folders = names.map((name) => join(folder, name));
  const cells: string[] = [];
  for (const one of folders) if ((await isFolder(one)) && (await holdsCell(one))) cells.push(one);
  if (cells.length > 0) return cells;
  throw blocked(
    'evidence',
    `${folder} holds no cell that traded: neither it nor a folder in it has ${JOURNAL_FILE} or ${VIEWS_FILE}. A run that was blocked has none.`,
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
