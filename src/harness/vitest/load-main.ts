import { pathToFileURL } from 'node:url';
import { isSource, moduleFile } from '../support/own-files.ts';
import type * as Main from './main.ts';

/**
 * The harness's main part, once for a run. Its path is made here, so that Node loads it: what vitest.config.ts imports by name,
 * vitest bundles each time it reads that file, which takes 340 modules and 150 MB.
 */
export async function loadMain(): Promise<typeof Main> {
  if (isSource(import.meta.url)) await import(new URL('../../../scripts/read-source.js', import.meta.url).href);
  return (await import(pathToFileURL(moduleFile('./main', import.meta.url)).href)) as typeof Main;
}
