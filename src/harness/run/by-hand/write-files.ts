import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Ledger } from '../../domain/ledger.ts';
import { StepError } from '../../domain/step-error.ts';
import { exists, removeFolder } from '../../support/files.ts';
import type { RenderedFiles } from './plain.ts';

/** Lists the files that are ours, one a line; kubectl, helm and kustomize pass over it. */
const MARKER = '.corda-compat';
const HEADING = '# Written by corda-compat config, which replaces these files and no others:';
const REMOVAL_LIMIT_MS = 30_000;

/** @throws StepError blocked where something is there that is not a former configuration of ours */
export async function refuseForeignFolder(folder: string): Promise<void> {
  const found = await filesBelow(folder);
  if (found.length === 0) return;
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => undefined);
  const ours = new Set([MARKER, ...(marker ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'))]);
  const foreign = found.filter((path) => !ours.has(path));
  if (foreign.length === 0) return;
  const some = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ` and ${foreign.length - 3} more` : '');
  throw refusal(
    `${folder} holds what corda-compat has not written (${some}): name another folder with --out, or move that away`,
  );
}

/**
 * Writes the folder whole or not at all; a former one of ours makes place. It has keys and passwords: nobody else may look into it.
 * @throws StepError blocked where something else is there
 */
export async function writeConfigFolder(
  folder: string,
  files: RenderedFiles,
  { ledger, signal }: { readonly ledger: Ledger; readonly signal: AbortSignal },
): Promise<void> {
  await refuseForeignFolder(folder);
  const id = randomBytes(4).toString('hex');
  const beside = (word: string): string => join(dirname(folder), `.${basename(folder)}.${id}.${word}`);
  const [fresh, former] = [beside('new'), beside('old')];
  await mkdir(dirname(folder), { recursive: true });
  const entry = await ledger.record({ kind: 'folder', path: fresh });
  try {
    await writeAll(fresh, files, signal);
    const hadFormer = await exists(folder);
    if (hadFormer) await rename(folder, former);
    await rename(fresh, folder).catch(async (error: unknown) => {
      if (hadFormer) await rename(former, folder);
      throw error;
    });
    if (hadFormer) await removeFolder(former, REMOVAL_LIMIT_MS);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await ledger.undone(entry);
  }
}

async function writeAll(folder: string, files: RenderedFiles, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  const marker = [HEADING, ...[...files.keys()].sort()].map((line) => `${line}\n`).join('');
  for (const [path, text] of [...files, [MARKER, marker] as const]) {
    signal.throwIfAborted();
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
  // Whatever the umask says.
  await chmod(folder, 0o700);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw refusal(`${folder} is a file: name a folder with --out`);
    throw error;
  }
}

function refusal(message: string): StepError {
  return new StepError({ outcome: 'blocked', step: 'space', message });
}
