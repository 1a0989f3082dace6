import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Whether this program runs from its TypeScript, as in its repository; an installed package is JavaScript. */
export function isSource(moduleUrl: string): boolean {
  return extname(fileURLToPath(moduleUrl)) === '.ts';
}

/**
 * Path of a module that others load by its file: vitest, or a process of its own.
 * @param path from the module that asks, without extension, for example `./worker-setup`
 * @param moduleUrl `import.meta.url` of that module
 */
export function moduleFile(path: string, moduleUrl: string): string {
  return fileURLToPath(new URL(path + extname(fileURLToPath(moduleUrl)), moduleUrl));
}

const manifestShape = z.object({ version: z.string(), engines: z.object({ node: z.string() }) });

/** Fields of this program's package.json. */
export async function ownManifest(): Promise<z.infer<typeof manifestShape>> {
  const file = createRequire(import.meta.url).resolve('corda-compat/package.json');
  return manifestShape.parse(JSON.parse(await readFile(file, 'utf8')));
}
