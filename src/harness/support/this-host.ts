import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Where process numbers mean something. Containers may share a folder and a host name and yet count their processes apart. */
export async function thisHost(): Promise<string> {
  const processSpace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${hostname()} ${processSpace}`.trim();
}
