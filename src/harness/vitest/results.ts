import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { junitXml } from '../report/junit.ts';
import { runJson } from '../report/build-report.ts';
import type { RunReport } from '../judge/run-report.ts';

const FILES = ['run.json', 'junit.xml', 'index.html'];

/**
 * Removes what the run before left in the folder of reports: its files, and the evidence of its cells and of ours. Nothing
 * else, whatever the folder is. Synchronous, like all here: reports are also written while the process leaves.
 */
export function clearResults(folder: string, cells: readonly string[]): void {
  for (const name of new Set([...FILES, ...cellsBefore(folder), ...cells])) {
    const path = resolve(folder, name);
    if (path.startsWith(resolve(folder) + sep)) rmSync(path, { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true });
}

/** Writes run.json and junit.xml. */
export function writeReports(folder: string, report: RunReport): void {
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, 'run.json'), runJson(report));
  writeWhole(join(folder, 'junit.xml'), junitXml(report));
}

/** The cell's evidence as the reports name it, from their folder; undefined if there is none. */
export function evidenceOf(folder: string, cell: string): string | undefined {
  return existsSync(join(folder, cell)) ? `${cell}/` : undefined;
}

/** A reader never sees half a report. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

function cellsBefore(folder: string): string[] {
  try {
    const report = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { cells?: { name?: unknown }[] };
    return (report.cells ?? []).map(({ name }) => name).filter((name) => typeof name === 'string');
  } catch {
    // None, or not one of ours: nothing of it is known, so nothing of it is removed.
    return [];
  }
}
