import { execa } from 'execa';
import { cp, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { whereIs } from './whereabouts.ts';

const MEGABYTE = 2 ** 20;
/** A node that starts anew unpacks and logs that much. */
const ROOM_MB = 48;

/** A disk of a node's own. */
export interface SmallDisk {
  /** Not a byte is left. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** The node is down. */
  remove(): Promise<void>;
}

/** Puts the folder of a node that is down onto a small disk. */
export async function smallDisk(spaces: string, node: string): Promise<SmallDisk> {
  const { folder } = await whereIs(spaces, node);
  const aside = `${folder}-aside`;
  const filler = join(folder, 'filler');
  await cp(folder, aside, { recursive: true });
  const { stdout } = await execa('du', ['-sm', folder]);
  const size = Number(stdout.split('\t')[0]) + ROOM_MB;
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', folder]);
  await copyAll(aside, folder);
  return {
    fill: () => fill(filler),
    free: () => rm(filler),
    remove: async () => {
      await rm(aside, { recursive: true });
      await cp(folder, aside, { recursive: true });
      await execa('umount', [folder]);
      await copyAll(aside, folder);
      await rm(aside, { recursive: true });
    },
  };
}

async function copyAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) await cp(join(from, name), join(to, name), { recursive: true, force: true });
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const size of [MEGABYTE, 4096, 1]) await fillBy(file, Buffer.alloc(size));
  } finally {
    await file.close();
  }
}

async function fillBy(file: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  for (;;) {
    try {
      const { bytesWritten } = await file.write(block);
      if (bytesWritten < block.length) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
