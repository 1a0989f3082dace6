import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SPACE_MARKER } from '../../src/harness/cleanup/ledger.ts';
import { LOOPBACK } from '../../src/harness/support/ports.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import { H2_SOURCE } from '../../src/harness/corda/database.ts';
import { nodeConf } from '../../src/harness/corda/node-conf.ts';
import { openCache } from '../../src/harness/releases/cache.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { cordappsOf } from '../../src/harness/provision/parts.ts';
import { mintZone, type CellZone } from '../../src/harness/provision/zone.ts';
import { h2Databases } from '../../src/harness/provision/databases.ts';
import { textTable } from '../../src/harness/report/terminal.ts';
import type { Bench } from '../lib/bench.ts';
import { median, spread, timed, verdict } from '../lib/figures.ts';
import { partsOfCell, RPC_USER, withSpace } from '../lib/network.ts';

/** Corda's own; Maven Central has 4.0 and 4.8 of it. */
const BOOTSTRAPPER = 'net.corda:corda-tools-network-bootstrapper:4.8';
const CELL = '4.8+4.8';
const LIMIT_MS = 600_000;
const GOAL = 20;

/** The same three nodes made by Corda's network bootstrapper and by us, one after the other. */
export async function benchBootstrap(bench: Bench, rounds: number): Promise<void> {
  const [theirs, again, warm, cold]: [number[], number[], number[], number[]] = [[], [], [], []];
  const asIs = (zone: CellZone): CellZone => zone;
  await withOurs(bench, { minting: asIs, databases: asIs });
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`bootstrap, round ${round} of ${rounds}: Corda's network bootstrapper`);
    theirs.push(await bootstrapByCorda(bench));
    bench.say(`${theirs.at(-1)?.toFixed(1)} s; ours: all from the cache, minted anew, and from no cache`);
    const empty = await emptyCache(bench, round);
    again.push(await withOurs(bench, { minting: asIs, databases: asIs }));
    warm.push(await withOurs(bench, { minting: empty, databases: asIs }));
    const none = await emptyCache(bench, rounds + round);
    cold.push(await withOurs(bench, { minting: none, databases: none }));
    bench.say([again, warm, cold].map((seconds) => `${seconds.at(-1)?.toFixed(2)} s`).join(', '));
  }
  const row = (name: string, seconds: number[]): string[] => [
    name,
    spread(seconds),
    `1 : ${(median(theirs) / median(seconds)).toFixed(1)}`,
  ];
  const table = textTable(
    ['three nodes 4.8: keys, node infos, network parameters, schema', 'seconds', 'ratio'],
    [
      row("Corda's network bootstrapper 4.8", theirs),
      row('copies of a minted zone and of schema templates', again),
      row('minting + copies of schema templates', warm),
      row('minting + templates made first (a peer and a notary: two migrations)', cold),
    ],
  );
  const ratio = median(theirs) / median(warm);
  console.log(['', ...table, verdict('bootstrap', `${ratio.toFixed(1)} ×`, `≥ ${GOAL} ×`, ratio >= GOAL)].join('\n'));
}

async function bootstrapByCorda(bench: Bench): Promise<number> {
  const { resources, signal } = bench;
  const cell = bench.cell(CELL);
  const parts = await partsOfCell(bench, cell);
  const [left] = parts.releases.values();
  if (!left) throw new Error(`${CELL} has no release`);
  const { runtime, resolved } = left;
  const bootstrapper = await downloadArtefact(BOOTSTRAPPER, resources.releases);
  const folder = join(bench.folder, 'bootstrap');
  await mkdir(folder);
  const addresses = (index: number) => {
    const endpoint = (port: number) => ({ host: LOOPBACK, port: 10_000 + 10 * index + port });
    return { p2p: endpoint(0), rpc: endpoint(1), rpcAdmin: endpoint(2), h2: endpoint(3), jmx: endpoint(4) };
  };
  for (const [index, node] of cell.topology.nodes.entries()) {
    const place = { id: node.id, stagingFolder: folder, listenOn: LOOPBACK, addresses: addresses(index) };
    const conf = nodeConf({ node, place, facts: resolved.facts, source: H2_SOURCE, rpcUser: RPC_USER });
    await writeFile(join(folder, `${node.id}_node.conf`), conf);
    for (const { file, name } of cordappsOf(parts, node)) await copyFile(file, join(folder, name));
  }
  await copyFile(resolved.node.file, join(folder, 'corda.jar'));
  const { seconds, value } = await timed(() =>
    runCommand({
      name: "Corda's network bootstrapper",
      file: runtime.java,
      args: ['-jar', bootstrapper.file, '--dir', folder],
      cwd: folder,
      env: { LC_ALL: 'C.UTF-8', PATH: process.env['PATH'] ?? '', HOME: bench.folder, [SPACE_MARKER]: bench.runId },
      limit: LIMIT_MS,
      signal,
    }),
  );
  if (value.code !== 0) throw new Error(`the bootstrapper ended with ${value.code}: ${value.output.slice(-2_000)}`);
  await rm(folder, { recursive: true });
  return seconds;
}

type ZoneOf = (zone: CellZone) => CellZone;

/** Minting and databases together, as a run does them; the space's folders and node.confs are there before. */
async function withOurs(bench: Bench, { minting, databases }: { minting: ZoneOf; databases: ZoneOf }): Promise<number> {
  const { seconds } = await withSpace(bench, bench.cell(CELL), (zone) =>
    timed(async () => {
      await mintZone(minting(zone));
      await h2Databases(databases(zone)).lay();
    }),
  );
  return seconds;
}

/** The same zone with a cache that has nothing yet. */
async function emptyCache(bench: Bench, number: number): Promise<ZoneOf> {
  const env = { COMPAT_CACHE: join(bench.folder, `cache-${number}`) };
  const cache = await openCache({ env, progress: bench, signal: bench.signal });
  return (zone) => {
    const { releases } = zone.resources;
    return { ...zone, resources: { ...zone.resources, releases: { ...releases, cache } } };
  };
}
