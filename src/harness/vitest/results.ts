import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { junitXml } from '../report/junit.ts';
import { runJson } from '../report/build-report.ts';
import { RUN_SCHEMA, type RunReport } from '../judge/run-report.ts';

const FILES = ['run.json', 'junit.xml'];

/**
 * Removes what the run before left in the folder of reports: its files, and the evidence of its cells. Nothing else, whatever
 * the folder is. Synchronous, like all here: reports are also written while the process leaves.
 */
export function clearResults(folder: string): void {
  const cells = cellsBefore(folder);
  for (const name of cells ? [...FILES, ...cells] : []) {
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

/** The cells of the run before; undefined where the folder has no report of ours: then nothing in it is known to be ours. */
function cellsBefore(folder: string): readonly string[] | undefined {
  try {
    const { schema, cells } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Partial<RunReport>;
    return schema === RUN_SCHEMA
      ? cells?.map(({ name }) => name).filter((name) => typeof name === 'string')
      : undefined;
  } catch {
    return undefined;
  }
}
