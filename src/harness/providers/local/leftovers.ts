import { SPACE_MARKER } from '../../cleanup/ledger.ts';
import { exists } from '../../support/files.ts';
import { holderOfPort, isPortFree } from '../../support/ports.ts';
import { carriesMarker, describeProcess, type EnvironmentMarker, findProcesses } from '../../support/processes.ts';
import type { Leftover, Space } from '../provider.ts';
import { blockOf } from './port-blocks.ts';

/** These tell a space's things from those of others. */
export interface Belongings {
  readonly folder: string;
  /** Guard ports that this process holds for the space. */
  readonly guards: readonly number[];
}

/** Looks at the process table, the ports and the file system. */
export async function lookForLeftovers(space: Space, { folder, guards }: Belongings): Promise<readonly Leftover[]> {
  const marker = { name: SPACE_MARKER, value: space.id };
  const processes = await findProcesses({ marker });
  const left: Leftover[] = await Promise.all(
    processes.map(async ({ pid }) => ({ kind: 'process' as const, what: await describeProcess(pid) })),
  );
  for (const port of portsOf(space)) {
    const what = await holderIfOurs(port, { marker, guards });
    if (what !== undefined) left.push({ kind: 'port', what });
  }
  if (await exists(folder)) left.push({ kind: 'folder', what: folder });
  return left;
}

function portsOf(space: Space): readonly number[] {
  const firsts = [...space.places.values()].map(({ addresses }) => addresses.p2p.port);
  const services = [...space.services.values()].map(({ address }) => address.port);
  return [...firsts, ...services].flatMap(blockOf);
}

/** Once a block is given back others may take it: a holder that is known and not of the space is no leftover. */
async function holderIfOurs(
  port: number,
  { marker, guards }: { marker: EnvironmentMarker; guards: readonly number[] },
): Promise<string | undefined> {
  if (guards.includes(port)) return `${port}, the guard of its block, held by the harness`;
  if (await isPortFree(port)) return undefined;
  const pid = await holderOfPort(port);
  if (pid === undefined) return `${port}, held by a process that cannot be seen from here`;
  return (await carriesMarker(pid, marker)) ? `${port}, held by ${await describeProcess(pid)}` : undefined;
}
