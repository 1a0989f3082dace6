import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a cache holds for good; its locks and half-done work stay where they are. */
const PARTS = ['entries', 'objects', 'refs'];

/** Makes a cache with all that another holds, sharing its files: what is added to one is not in the other. */
export async function warmCache(from: string, to: string): Promise<void> {
  for (const part of PARTS) await linkTree(join(from, part), join(to, part));
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    // Of a link, the link itself. On another disk there is only copying.
    else await link(source, target).catch(() => copyFile(source, target));
  }
}
