import { loadavg } from 'node:os';
import type { NodeRole } from '../../src/harness/corda/topology.ts';
import { bringUp } from '../../src/harness/provision/nodes.ts';
import { textTable } from '../../src/harness/report/terminal.ts';
import { partsOf } from '../../src/harness/provision/parts.ts';
import { mintZone, placeOf, type CellZone } from '../../src/harness/provision/zone.ts';
import { h2Databases } from '../../src/harness/provision/databases.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import type { Bench } from '../lib/bench.ts';
import { median, spread, timed, verdict } from '../lib/figures.ts';
import { withSpace } from '../lib/network.ts';
import { watchUsage } from '../lib/usage.ts';
import { capsuleEnvironment, capsuleProvider } from './capsule.ts';
import { CAPSULE, FAST, javaArguments, VARIANTS, type Variant } from './variants.ts';

const CELL = '4.8+4.10';
const LIMIT_MS = 300_000;
const GOAL = 0.55;
const MIGRATION = ['run-migration-scripts', '--core-schemas', '--app-schemas', '--base-directory'];

/** Where a node's tables come from. */
type Database = 'template' | 'migration';

interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

interface Series {
  readonly variant: Variant;
  readonly database: Database;
  readonly samples: Sample[];
}

/** Three nodes of a mixed network started together in each way; all ways in turn, again and again. */
export async function benchStarts(bench: Bench, rounds: number): Promise<void> {
  const databases: readonly Database[] = ['template', 'migration'];
  const series = VARIANTS.flatMap((variant) =>
    databases.map((database): Series => ({ variant, database, samples: [] })),
  );
  bench.say('node starts: schema templates and capsule caches, not measured');
  await withSpace(bench, bench.cell(CELL), async (zone) => {
    await mintZone(zone);
    await h2Databases(zone).lay();
    for (const node of ['party-a', 'party-b'])
      await runJava(bench, { zone, node, variant: CAPSULE, args: ['--version'] });
  });
  for (let round = 1; round <= rounds; round += 1) {
    for (const { variant, database, samples } of series) {
      const sample = await measure(bench, variant, database);
      samples.push(sample);
      bench.say(`round ${round} of ${rounds}: ${variant.name}, ${database}: ${inWords(sample)}`);
    }
  }
  printTable(series);
}

async function measure(bench: Bench, variant: Variant, database: Database): Promise<Sample> {
  return await withSpace(bench, bench.cell(CELL), async (zone) => {
    await mintZone(zone);
    const usage = await watchUsage(zone.space.id);
    const { seconds } = await timed(async () => {
      if (database === 'template') await h2Databases(zone).lay();
      else await migrateAll(bench, zone, variant);
      await startAll(bench, zone, variant);
    });
    return { seconds, ...(await usage()) };
  });
}

/** From no process to "started up" of all three. */
async function startAll(bench: Bench, zone: CellZone, variant: Variant): Promise<void> {
  const { cell, parts, space, signal } = zone;
  const launches = cell.topology.nodes.map((node) => {
    const { kit, runtime } = partsOf(parts, node);
    return { node: node.id, kit, runtime, jvmArgs: variant.jvmArgs(kit), nodeArgs: ['--no-local-shell'] };
  });
  const provider = variant.launch === 'capsule' ? capsuleProvider(bench) : bench.provider;
  await bringUp({ cell, provider, space, launches, signal, say: () => undefined });
}

/** All at once, as somebody in a hurry would do it. */
async function migrateAll(bench: Bench, zone: CellZone, variant: Variant): Promise<void> {
  await Promise.all(
    zone.cell.topology.nodes.map(({ id }) => {
      const { stagingFolder } = placeOf(zone.space, roleOf(zone, id));
      return runJava(bench, { zone, node: id, variant, args: [...MIGRATION, stagingFolder] });
    }),
  );
}

async function runJava(
  bench: Bench,
  run: { zone: CellZone; node: string; variant: Variant; args: readonly string[] },
): Promise<void> {
  const { zone, node, variant, args } = run;
  const { kit, runtime } = partsOf(zone.parts, roleOf(zone, node));
  const name = `${node}: ${args[0]}`;
  const { code, output } = await runCommand({
    name,
    file: runtime.java,
    args: [...javaArguments(variant, kit), ...args],
    cwd: placeOf(zone.space, roleOf(zone, node)).stagingFolder,
    env: capsuleEnvironment(bench, zone.space.id),
    limit: LIMIT_MS,
    signal: zone.signal,
  });
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${output.slice(-2_000)}`);
}

function roleOf({ cell }: CellZone, id: string): NodeRole {
  const role = cell.topology.nodes.find((node) => node.id === id);
  if (!role) throw new Error(`${cell.name} has no node ${id}`);
  return role;
}

function inWords({ seconds, cpuSeconds, rssMb }: Sample): string {
  const load = loadavg()[0]?.toFixed(1);
  return `${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU, ${rssMb.toFixed(0)} MB; load ${load}`;
}

function printTable(series: readonly Series[]): void {
  const seconds = (variant: Variant, database: Database): number =>
    median(
      series.find((one) => one.variant === variant && one.database === database)?.samples.map((s) => s.seconds) ?? [],
    );
  const rows = series.map(({ variant, database, samples }) => [
    variant.name,
    database,
    spread(samples.map((sample) => sample.seconds)),
    spread(samples.map((sample) => sample.cpuSeconds)),
    spread(
      samples.map((sample) => sample.rssMb),
      0,
    ),
    (seconds(variant, database) / seconds(CAPSULE, database)).toFixed(2),
  ]);
  const head = ['notary 4.8, party 4.8, party 4.10', 'tables from', 'seconds', 'CPU seconds', 'MB', 'of capsule'];
  const ratio = seconds(FAST, 'template') / seconds(CAPSULE, 'template');
  const best = seconds(FAST, 'template') / seconds(CAPSULE, 'migration');
  console.log(
    [
      '',
      ...textTable(head, rows),
      verdict('fast start', `${ratio.toFixed(2)} of the capsule's time`, `≤ ${GOAL}`, ratio <= GOAL),
      `with templates against an operator's migration and start: ${best.toFixed(2)}`,
    ].join('\n'),
  );
}
