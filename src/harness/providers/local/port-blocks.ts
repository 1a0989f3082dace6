import { blocked } from '../../support/step-error.ts';
import { describeProcess } from '../../support/processes.ts';
import { holderOfPort, holdPort, isPortFree, parsePortRange } from '../../support/ports.ts';
import type { HeldPort, PortRange } from '../../support/ports.ts';
import { PORT_NAMES } from '../../corda/topology.ts';
import { variableOr } from '../../config/variables.ts';

/** A guard and a node's ports. Blocks begin at multiples of this, so that the blocks of all runs are the same ones. */
const BLOCK_SIZE = 1 + PORT_NAMES.length;

/**
 * The ports of one node. The guard is the block's first port, held by this process: binding it is what claims the block
 * against other runs, and the kernel gives it back when this process dies, however it dies.
 */
export interface PortBlock {
  readonly guard: HeldPort;
  /** In the order of PORT_NAMES. */
  readonly ports: readonly number[];
}

/**
 * The range from `COMPAT_PORTS`. The default is below the ranges from which Linux (32768 …) and macOS (49152 …) take ports for
 * outgoing connections.
 * @throws StepError blocked
 */
export function portRange(env: NodeJS.ProcessEnv): PortRange {
  try {
    return parsePortRange(variableOr(env, 'COMPAT_PORTS'));
  } catch (error) {
    throw blocked('space', `COMPAT_PORTS: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Claims as many blocks as asked for; all or none.
 * @throws StepError blocked, naming the range and who holds it; the signal's reason when aborted
 */
export async function claimBlocks(range: PortRange, count: number, signal: AbortSignal): Promise<readonly PortBlock[]> {
  const claimed: PortBlock[] = [];
  const taken: number[] = [];
  try {
    for (const first of blockStarts(range)) {
      if (claimed.length === count) break;
      signal.throwIfAborted();
      const result = await claimBlock(first);
      if ('guard' in result) claimed.push(result);
      else taken.push(result.taken);
    }
    if (claimed.length < count) throw await tooFew(range, { count, free: claimed.length, taken });
    return claimed;
  } catch (error) {
    await releaseBlocks(claimed);
    throw error;
  }
}

export async function releaseBlocks(blocks: readonly PortBlock[]): Promise<void> {
  await Promise.all(blocks.map((block) => block.guard.release()));
}

/** All ports of a node's block, guard first, told from the node's first port. */
export function blockOf(firstPort: number): readonly number[] {
  return Array.from({ length: BLOCK_SIZE }, (_, index) => firstPort - 1 + index);
}

async function claimBlock(first: number): Promise<PortBlock | { readonly taken: number }> {
  const guard = await holdPort(first);
  if (!guard) return { taken: first };
  const ports = blockOf(first + 1).slice(1);
  for (const port of ports) {
    if (await isPortFree(port)) continue;
    await guard.release();
    return { taken: port };
  }
  return { guard, ports };
}

function* blockStarts({ first, last }: PortRange): Generator<number> {
  const start = Math.ceil(first / BLOCK_SIZE) * BLOCK_SIZE;
  for (let port = start; port + BLOCK_SIZE - 1 <= last; port += BLOCK_SIZE) yield port;
}

async function tooFew(
  { first, last }: PortRange,
  { count, free, taken }: { count: number; free: number; taken: readonly number[] },
): Promise<Error> {
  const holders = await Promise.all(
    taken.slice(0, 3).map(async (port) => {
      const pid = await holderOfPort(port);
      return `${port} by ${pid === undefined ? 'a process that cannot be seen from here' : await describeProcess(pid)}`;
    }),
  );
  const held = taken.length === 0 ? 'the range is too small' : `taken: ${holders.join(', ')}`;
  const more = taken.length > holders.length ? ` and ${taken.length - holders.length} more` : '';
  return blocked(
    'space',
    `ports ${first}-${last} have room for ${free} of ${count} nodes (${BLOCK_SIZE} ports in a row, from a multiple of ` +
      `${BLOCK_SIZE}, for each); ${held}${more}. Wait for the other run, end those processes, or name another range ` +
      'with COMPAT_PORTS=21000-21099',
  );
}
