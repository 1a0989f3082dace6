import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

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
export const FINANCE = {
  maven: ['net.corda:corda-finance-contracts:4.5', 'net.corda:corda-finance-workflows:4.5'],
};
