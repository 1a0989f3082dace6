import { checkCapacity, THIS_MACHINE } from '../../harness/providers/local/capacity.ts';
import type { Machine } from '../../harness/providers/local/capacity.ts';
import { NODE_MEMORY_MB } from '../../harness/domain/memory.ts';
import { defaultStateRoot } from '../../harness/support/files.ts';
import { messageOf } from '../../harness/support/words.ts';
import type { Check } from './check.ts';

/** Node jar, the same unpacked, schema templates: measured 250 to 300 MB a release; Java once: 250 MB. */
const CACHE_MB = { release: 300, java: 250 };

/** Whether this Node can run the program. `engines` is what package.json asks for, for example `>=20.19`. */
export function nodeCheck(version: string, engines: string): Check {
  const wanted = numbersOf(engines);
  const [major = 0, minor = 0] = numbersOf(version);
  const [wantedMajor = 0, wantedMinor = 0] = wanted;
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  const found = `${version}; needs ${engines}`;
  if (enough) return { name: 'node', state: 'ok', found };
  return { name: 'node', state: 'missing', found, mend: `install Node ${wanted.join('.')} or newer (nvm install 20)` };
}

/** Whether a cell of so many nodes fits on this machine now. */
export async function capacityCheck(nodes: number, machine: Machine = THIS_MACHINE): Promise<Check> {
  const root = defaultStateRoot();
  const nodesMb = Array.from({ length: nodes }, () => NODE_MEMORY_MB);
  const found = `${machine.availableMemoryMb()} MB of memory, ${await machine.freeDiskMb(root)} MB of disk in ${root}`;
  try {
    await checkCapacity(machine, { nodesMb, promisedMb: 0, root });
    return { name: 'room', state: 'ok', found: `${found}: enough for a cell of ${nodes} nodes` };
  } catch (error) {
    return { name: 'room', state: 'missing', found, mend: messageOf(error) };
  }
}

/** Whether what the matrix needs still fits into the cache, were it empty. */
export async function cacheCheck(options: { folder: string; releases: number; machine?: Machine }): Promise<Check> {
  const { folder, releases, machine = THIS_MACHINE } = options;
  const free = await machine.freeDiskMb(folder);
  const wanted = releases * CACHE_MB.release + CACHE_MB.java;
  const found = `${folder}, ${free} MB free`;
  if (free >= wanted) return { name: 'cache', state: 'ok', found };
  const mend = `up to ${wanted} MB are needed where nothing is cached yet: make room, or set COMPAT_CACHE to a folder on a larger disk`;
  return { name: 'cache', state: 'warning', found, mend };
}

function numbersOf(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}
