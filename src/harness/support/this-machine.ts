import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Where process numbers count: a machine, or a container's own numbering on it. */
export interface MachineName {
  /** For people: machines may share it, and it may change. */
  readonly host: string;
  /** Opaque; equal for this machine alone. */
  readonly machine: string;
}

/** Linux numbers the name space of processes so that it makes at its start. */
const FIRST_PROCESS_SPACE = 'pid:[4026531836]';

/** @param root of the file system, for tests */
export async function thisMachine(root = '/'): Promise<MachineName> {
  const read = (path: string): Promise<string> => readFile(`${root}${path}`, 'utf8').catch(() => '');
  const processSpace = await readlink(`${root}proc/self/ns/pid`).catch(() => '');
  // A container's file comes with its image, so that machines share it.
  const isMachine = processSpace === FIRST_PROCESS_SPACE;
  const id = /^[0-9a-f]{32}$/m.exec(isMachine ? await read('etc/machine-id') : '')?.[0];
  const boot = (await read('proc/sys/kernel/random/boot_id')).trim();
  // Without both, as on macOS, nothing but the name is left.
  return { host: hostname(), machine: `${id ?? (boot || hostname())} ${processSpace}`.trim() };
}
