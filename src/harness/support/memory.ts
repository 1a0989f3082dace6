import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** Folder and file names by which tests can give a machine of their own. */
export interface MemorySources {
  readonly meminfo: string;
  /** The control group of this process, for example `/sys/fs/cgroup/user.slice`; its parents count as well. */
  readonly cgroup: string;
}

/**
 * Megabytes that new processes can have before the kernel must swap or kill: the machine's, or the control group's
 * where that is less. Off Linux only the machine's size is known.
 */
export async function availableMemoryMb(sources?: MemorySources): Promise<number> {
  const { meminfo, cgroup } = sources ?? { meminfo: '/proc/meminfo', cgroup: await ownCgroup() };
  const text = await readFile(meminfo, 'utf8').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  const machine = kilobytes === undefined ? totalmem() : Number(kilobytes) * 1024;
  return Math.floor(Math.min(machine, await cgroupRoom(cgroup)) / (1024 * 1024));
}

async function ownCgroup(): Promise<string> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  return join('/sys/fs/cgroup', /^0::(.*)$/m.exec(text)?.[1] ?? '/');
}

/** The least room of a control group (version 2) and its parents, in bytes. */
async function cgroupRoom(cgroup: string): Promise<number> {
  const max = await readNumber(join(cgroup, 'memory.max'));
  const current = await readNumber(join(cgroup, 'memory.current'));
  const stat = await readFile(join(cgroup, 'memory.stat'), 'utf8').catch(() => '');
  // Files that were read long ago count as used, but give way.
  const reclaimable = Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  const own = max === undefined || current === undefined ? Infinity : Math.max(0, max - current + reclaimable);
  const parent = dirname(cgroup);
  return parent === cgroup || parent === '/sys/fs' ? own : Math.min(own, await cgroupRoom(parent));
}

/** `undefined` for `max`, which means no limit, and where there is no such file. */
async function readNumber(file: string): Promise<number | undefined> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
