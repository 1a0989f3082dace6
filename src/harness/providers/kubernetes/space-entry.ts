import type { Ledger } from '../../domain/ledger.ts';
import type { Cluster } from './cluster.ts';
import type { SpaceRef } from './labelled.ts';
import { removeSpace } from './remove-space.ts';

const REMOVAL_LIMIT_MS = 90_000;

interface Keeping {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly limit?: number;
  /** See RemoveOptions. */
  readonly looks?: number;
}

/** Writes a space into the ledger and makes it; on any error it is removed again. */
export async function recorded<T>(
  { cluster, ledger }: Keeping,
  ref: SpaceRef,
  make: (entry: string) => Promise<T>,
): Promise<T> {
  const entry = await ledger.record({ kind: 'kubernetes', cluster: cluster.address, ...ref });
  try {
    return await make(entry);
  } catch (error) {
    // What was asked for last may come after its asker has given up.
    await giveBack({ ref, entry }, { cluster, ledger, looks: 2 }).catch(() => undefined);
    throw error;
  }
}

/** Removes all of a space, and its namespace where that was made for it. @throws Error naming what does not go */
export async function giveBack(
  { ref, entry }: { readonly ref: SpaceRef; readonly entry: string },
  { cluster, ledger, limit = REMOVAL_LIMIT_MS, looks = 1 }: Keeping,
): Promise<void> {
  await removeSpace(cluster, ref, { limit, looks });
  await ledger.undone(entry);
}
