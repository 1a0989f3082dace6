import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../src/harness/support/wait.ts';
import type { Place } from '../e2e/compat-run.ts';

/** Pid of a node of the place's run, by the folder it runs in. */
export async function nodeProcess(place: Place, node: string): Promise<number> {
  return await waitUntil(
    async () => {
      const pid = await findNodeProcess(place, node);
      return pid === undefined ? { done: false, last: 'no such process' } : { done: true, value: pid };
    },
    { name: `process of ${node}`, limit: 20_000 },
  );
}

async function findNodeProcess(place: Place, node: string): Promise<number | undefined> {
  const runs = await readdir(join(place.folder, 'tmp'), { recursive: true });
  const folder = runs.find((path) => path.endsWith(`/${node}`));
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (folder && command.includes(folder) && command.includes('net.corda.node.Corda')) return Number(pid);
  }
  return undefined;
}
