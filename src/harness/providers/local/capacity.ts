import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { availableMemoryMb, requireRoomForProcesses, type ProcessDemand } from '../../domain/memory.ts';
import { blocked } from '../../domain/step-error.ts';
import { exists } from '../../support/files.ts';

/** What the machine has to give; tests give a machine of their own. */
export interface Machine {
  /** What new processes can have. */
  availableMemoryMb(): number;
  /** Free to this user on the file system of a folder that may not exist yet. */
  freeDiskMb(folder: string): Promise<number>;
}

export const THIS_MACHINE: Machine = { availableMemoryMb, freeDiskMb };

/** A node's logs, database, message journal and a heap dump's beginning, in megabytes. */
const DISK_PER_NODE_MB = 300;

export interface Demand extends ProcessDemand {
  /** Where the spaces are made. */
  readonly root: string;
}

/** @throws StepError blocked when the machine cannot hold such a space now */
export async function checkCapacity(machine: Machine, demand: Demand): Promise<void> {
  requireRoomForProcesses(demand, machine.availableMemoryMb());
  const count = demand.nodesMb.length;
  const disk = await machine.freeDiskMb(demand.root);
  if (disk < count * DISK_PER_NODE_MB) {
    throw blocked(
      'space',
      `needs ${count * DISK_PER_NODE_MB} MB of disk for ${count} nodes and services in ${demand.root}, ${disk} MB free. Make room there, run ` +
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
