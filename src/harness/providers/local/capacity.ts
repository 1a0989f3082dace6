import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { blocked } from '../../domain/step-error.ts';
import { exists } from '../../support/files.ts';
import { availableMemoryMb } from '../../support/memory.ts';

/** What the machine has to give; tests give a machine of their own. */
export interface Machine {
  availableMemoryMb(): Promise<number>;
  /** Free to this user on the file system of a folder that may not exist yet. */
  freeDiskMb(folder: string): Promise<number>;
}

export const THIS_MACHINE: Machine = { availableMemoryMb, freeDiskMb };

/** For the harness itself, in megabytes. */
const MEMORY_MARGIN_MB = 256;
/** A node's logs, database, message journal and a heap dump's beginning, in megabytes. */
const DISK_PER_NODE_MB = 300;

export interface Demand {
  /** Megabytes of each node and service. */
  readonly nodesMb: readonly number[];
  /** Megabytes that nodes of other cells were promised and do not use yet. */
  readonly promisedMb: number;
  /** Where the spaces are made. */
  readonly root: string;
}

/** @throws StepError blocked when the machine cannot hold such a space now */
export async function checkCapacity(machine: Machine, { nodesMb, promisedMb, root }: Demand): Promise<void> {
  const count = nodesMb.length;
  const needed = Math.ceil(nodesMb.reduce((sum, mb) => sum + mb, MEMORY_MARGIN_MB) + promisedMb);
  const memory = await machine.availableMemoryMb();
  if (memory < needed) {
    const promised = promisedMb > 0 ? `, ${Math.ceil(promisedMb)} MB promised to other cells` : '';
    throw blocked(
      'space',
      `needs ${needed} MB of memory for ${count} nodes and services (${nodesMb.join(' + ')} MB, ${MEMORY_MARGIN_MB} MB for ` +
        `the harness${promised}), ${memory} MB available. End other programs, lower COMPAT_PARALLEL, or give ` +
        `this machine (or its container) more memory`,
    );
  }
  const disk = await machine.freeDiskMb(root);
  if (disk < count * DISK_PER_NODE_MB) {
    throw blocked(
      'space',
      `needs ${count * DISK_PER_NODE_MB} MB of disk for ${count} nodes and services in ${root}, ${disk} MB free. Make room there, run ` +
        `npx corda-compat sweep, or set TMPDIR to a folder on a larger disk`,
    );
  }
}

async function freeDiskMb(folder: string): Promise<number> {
  let existing = folder;
  while (!(await exists(existing)) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return Math.floor((bavail * bsize) / (1024 * 1024));
}
