import type { Plugin } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isSource } from '../support/own-files.ts';
import type * as Main from './main.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Below the package, so that Node finds the package's dependencies from there. */
const FOLDER = join(HERE, '../../../node_modules/.corda-compat');

/**
 * The harness's main part, as one file of plain JavaScript made for this run. Vitest would compile all of it as part of
 * vitest.config.ts, again for every cell, which takes 130 MB and then 13 MB and half a second a cell.
 */
export async function loadMain(): Promise<typeof Main> {
  if (!isSource(import.meta.url)) return await import('./main.ts');
  const file = join(FOLDER, `main-${process.pid}-${randomBytes(4).toString('hex')}.mjs`);
  await mkdir(FOLDER, { recursive: true });
  try {
    await writeFile(file, await compile(join(HERE, 'main.ts')));
    return (await import(pathToFileURL(file).href)) as typeof Main;
  } finally {
    await rm(file, { force: true });
  }
}

async function compile(entry: string): Promise<string> {
  const { build, stop } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      write: false,
      logLevel: 'silent',
      plugins: [ownPlaces],
    });
    return outputFiles[0]?.text ?? '';
  } finally {
    await stop();
  }
}

/** A module that asks where it is means its source, not the file that all have become. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup: (plugins) => {
    plugins.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
      return { contents, loader: 'ts' };
    });
  },
};
