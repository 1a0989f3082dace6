import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SPACE_MARKER } from '../../src/harness/domain/ledger.ts';
import { LOOPBACK } from '../../src/harness/support/ports.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import { nodeConf } from '../../src/harness/network/node-conf.ts';
import { openCache } from '../../src/harness/releases/cache.ts';
import { downloadArtefact } from '../../src/harness/releases/maven.ts';
import { cordappsOf } from '../../src/harness/run/cell-parts.ts';
import { layDatabases, mintZone, type CellZone } from '../../src/harness/run/cell-zone.ts';
import { textTable } from '../../src/harness/report/text-table.ts';
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
  const [theirs, warm, cold]: [number[], number[], number[]] = [[], [], []];
  await withOurs(bench, (zone) => layDatabases(zone));
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`bootstrap, round ${round} of ${rounds}: Corda's network bootstrapper`);
    theirs.push(await bootstrapByCorda(bench));
    bench.say(`${theirs.at(-1)?.toFixed(1)} s; minting and templates, from a warm cache and from none`);
    warm.push(await withOurs(bench, (zone) => layDatabases(zone)));
    cold.push(await withOurs(bench, async (zone) => layDatabases(await withoutTemplates(bench, zone, round))));
    bench.say(`${warm.at(-1)?.toFixed(1)} s and ${cold.at(-1)?.toFixed(1)} s`);
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
      row('minting + copy of a schema template', warm),
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
  const { runtime, resolved } = parts.sides.left;
  const bootstrapper = await downloadArtefact(BOOTSTRAPPER, resources.releases);
  const folder = join(bench.folder, 'bootstrap');
  await mkdir(folder);
  const addresses = (index: number) => {
    const endpoint = (port: number) => ({ host: LOOPBACK, port: 10_000 + 10 * index + port });
    return { p2p: endpoint(0), rpc: endpoint(1), rpcAdmin: endpoint(2), h2: endpoint(3) };
  };
  for (const [index, node] of cell.topology.nodes.entries()) {
    const place = { id: node.id, stage: folder, listenOn: LOOPBACK, addresses: addresses(index) };
    const conf = nodeConf({ node, place, facts: resolved.facts, database: 'h2', rpcUser: RPC_USER });
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

/** Minting and databases together, as a run does them; the space's folders and node.confs are there before. */
async function withOurs(bench: Bench, databases: (zone: CellZone) => Promise<unknown>): Promise<number> {
  const { seconds } = await withSpace(bench, bench.cell(CELL), (zone) =>
    timed(async () => {
      await mintZone(zone);
      await databases(zone);
    }),
  );
  return seconds;
}

/** The same zone with a cache that has no template yet. */
async function withoutTemplates(bench: Bench, zone: CellZone, round: number): Promise<CellZone> {
  const { releases } = zone.resources;
  const env = { COMPAT_CACHE: join(bench.folder, `cache-${round}`) };
  const cache = await openCache({ env, progress: bench, signal: bench.signal });
  return { ...zone, resources: { ...zone.resources, releases: { ...releases, cache } } };
}
