import type { Cell } from '../config/cell.ts';
import { blocked } from '../support/step-error.ts';

/**
 * The memory of a network, and whether it fits: the only figures of memory, and the only place that decides by them.
 */

/** Resident memory to reserve for a node, in MB: heap, metaspace, code cache and Artemis buffers as measured under load. */
export const NODE_MEMORY_MB = 750;
/** The driver's resident memory, in MB. */
export const DRIVER_MEMORY_MB = 350;
/** The doorman's resident memory, in MB. */
export const DOORMAN_MEMORY_MB = 250;
/** The memory of the harness itself, in MB. */
const HARNESS_MEMORY_MB = 256;

/** Megabytes that new processes can have: this machine's, or its control group's where that is less. */
export function availableMemoryMb(): number {
  return Math.floor(process.availableMemory() / 2 ** 20);
}

/** Megabytes of this machine that a cell's network takes while it is up. */
export function estimateMb({ provider, topology }: Pick<Cell, 'provider' | 'topology'>): number {
  // A cluster has machines of its own, and decides itself what fits.
  if (provider === 'kubernetes') return 0;
  const doorman = topology.onboarding === 'doorman' ? DOORMAN_MEMORY_MB : 0;
  return topology.nodes.length * NODE_MEMORY_MB + DRIVER_MEMORY_MB + doorman;
}

/** Cells of a run. */
export interface CellsWanted {
  readonly cells: readonly Cell[];
  /** The number of cells at once that the user wants. */
  readonly parallel: number;
}

/**
 * Number of cells that may run at once: the user's number, or fewer if memory is too small. Decided before the first
 * cell: a cell that waits for memory keeps workers that the other cells need.
 */
export function cellsAtOnce({ cells, parallel }: CellsWanted, availableMb: number): number {
  const largest = Math.max(1, ...cells.map(estimateMb));
  return Math.max(1, Math.min(parallel, Math.floor(availableMb / largest)));
}

/** Megabytes that are free, without those promised to networks that still come up. */
export function freeBeside(availableMb: number, promisedMb: Iterable<number>): number {
  return Math.floor([...promisedMb].reduce((free, mb) => free - mb, availableMb));
}

/** Processes of this machine that need memory. */
export interface ProcessDemand {
  /** Megabytes of each node and service. */
  readonly nodesMb: readonly number[];
  /** Megabytes that nodes of other cells were promised and do not use yet. */
  readonly promisedMb: number;
}

/** @throws StepError blocked when this machine cannot hold such processes now */
export function requireRoomForProcesses({ nodesMb, promisedMb }: ProcessDemand, availableMb: number): void {
  const needed = Math.ceil(nodesMb.reduce((sum, mb) => sum + mb, HARNESS_MEMORY_MB) + promisedMb);
  if (availableMb >= needed) return;
  const promised = promisedMb > 0 ? `, ${Math.ceil(promisedMb)} MB promised to other cells` : '';
  throw blocked(
    'space',
    `needs ${needed} MB of memory for ${nodesMb.length} nodes and services (${nodesMb.join(' + ')} MB, ${HARNESS_MEMORY_MB} MB for ` +
      `the harness${promised}), ${availableMb} MB available. End other programs, lower COMPAT_PARALLEL, or give ` +
      `this machine (or its container) more memory`,
  );
}

/** @param engineMb the Docker engine's memory as it tells it @throws StepError blocked when it cannot hold such containers now */
export function requireRoomForContainers(containersMb: readonly number[], engineMb: number): void {
  const needed = containersMb.reduce((sum, mb) => sum + mb, 0);
  // Off Linux the engine is in a virtual machine, whose memory has nothing to do with what is free here.
  const available = Math.min(Math.floor(engineMb), process.platform === 'linux' ? availableMemoryMb() : Infinity);
  if (available >= needed) return;
  throw blocked(
    'space',
    `needs ${needed} MB of memory for ${containersMb.length} containers (${containersMb.join(' + ')} MB), the Docker engine has ${available} MB. End ` +
      `other containers or programs, lower COMPAT_PARALLEL, or give the engine more memory`,
  );
}
