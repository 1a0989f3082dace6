import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalLine } from '../trade/operation.ts';
import { type Views, JOURNAL_FILE, VIEWS_FILE } from '../trade/views.ts';

/** Writes a cell's folder as a run does: for tests and measurements of what reads it. */
export async function storeCell(folder: string, { journal, killed, ...views }: Views): Promise<void> {
  await mkdir(folder, { recursive: true });
  const at = '2026-01-01T00:00:00.000Z';
  const lines: readonly JournalLine[] = [
    ...killed.map((node): JournalLine => ({ event: 'killed', at, node })),
    ...journal.flatMap(({ operation, end }): JournalLine[] => [
      { event: 'invoked', at, operation },
      { event: 'ended', at, id: operation.id, end },
    ]),
  ];
  await writeFile(join(folder, JOURNAL_FILE), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await writeFile(join(folder, VIEWS_FILE), `${JSON.stringify({ ...views, findings: [] }, undefined, 2)}\n`);
}
