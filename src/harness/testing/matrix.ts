import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadMatrix } from '../config/load.ts';
import { MatrixError } from '../config/problems.ts';

/** For unit tests: a folder with this matrix.json (text, or a value to be written as JSON), gone after the test. */
export async function folderWithMatrix(matrix: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-matrix-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = typeof matrix === 'string' ? matrix : JSON.stringify(matrix, null, 2);
  await writeFile(join(folder, 'matrix.json'), text);
  return folder;
}

/** `{ "4.8": { "maven": "4.8" }, … }` */
export function mavenReleases(...versions: readonly string[]): Record<string, { maven: string }> {
  return Object.fromEntries(versions.map((version) => [version, { maven: version }]));
}

/** Corda's own cash CorDapps, without which the matrix warns. */
export const FINANCE = { maven: ['net.corda:corda-finance-contracts:4.5', 'net.corda:corda-finance-workflows:4.5'] };

/** For unit tests: the message of a matrix that must not load, without the folder's random name. */
export async function refusal(matrix: unknown, env: Record<string, string> = {}): Promise<string> {
  const cwd = await folderWithMatrix(matrix);
  const error: unknown = await loadMatrix({ cwd, env, now: new Date('2026-11-23T12:00:00Z') }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MatrixError)) throw new Error('loaded, or failed otherwise', { cause: error });
  return `${error.message.replaceAll(cwd, '<folder>')}\n`;
}
