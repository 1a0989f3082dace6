import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentCache } from '../domain/content-cache.ts';
import { mint, type MintOptions, type MintSpec } from './mint.ts';
import { digest } from '../support/once.ts';

/** Raised when what an entry of the cache holds changes without the spec or the minter changing. */
const FORMAT = 1;

/**
 * As `mint`, but once for the same nodes, addresses and contracts: a network that is up for a minute gains nothing from keys
 * of its own, and its nodes are reached on loopback or inside their cell only. Two networks at once have different addresses,
 * so they never share an identity.
 * @throws StepError blocked (zone) with the minter's own words
 */
export async function mintOnce(spec: MintSpec, options: MintOptions & { readonly cache: ContentCache }): Promise<void> {
  const { cache, tools } = options;
  const key = keyOf(spec, tools.digest);
  const minted = await cache.entry({ kind: 'zone', key, step: 'zone' }, async (folder) => {
    const nodes = spec.nodes.map((node, index) => ({ ...node, baseDirectory: folderOf(folder, index) }));
    await mint({ ...spec, nodes }, options);
  });
  await Promise.all(
    spec.nodes.map(({ baseDirectory }, index) => cp(folderOf(minted, index), baseDirectory, { recursive: true })),
  );
}

function folderOf(minted: string, index: number): string {
  return join(minted, String(index));
}

/** Digest of all that the minter reads, but for where it writes. */
function keyOf({ minimumPlatformVersion, nodes, unsignedCordapps }: MintSpec, minter: string): string {
  const told = nodes.map(({ party, platformVersion, p2p, notary }) => [
    party,
    platformVersion,
    p2p,
    notary?.validating,
  ]);
  const jars = unsignedCordapps.map(({ sha256 }) => sha256).toSorted();
  return digest([FORMAT, minter, minimumPlatformVersion, told, jars]);
}
