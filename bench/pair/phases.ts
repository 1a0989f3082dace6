import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalLine } from '../../src/harness/trade/operation.ts';
import type { RunReport } from '../../src/harness/judge/run-report.ts';
import { textTable } from '../../src/harness/report/terminal.ts';
import type { Bench } from '../lib/bench.ts';
import { median, spread, verdict } from '../lib/figures.ts';
import { runCell } from '../lib/run-cell.ts';

const CELL = '4.8+4.10';
const GOAL = 0.1;
/** Tests whose flows are not in the journal, which knows money alone: what they take is a flow, but for two RPC calls. */
const NOTARISING = /^the notary /;
const STARTING = 'nodes starting';
const FLOWS = 'flows running';

/** Seconds by phase; together they are the whole wall time. */
type Phases = ReadonlyMap<string, number>;

/** A warm pair's whole run, as a user starts it, split into what it was spent on. */
export async function benchPhases(bench: Bench, rounds: number): Promise<void> {
  const all: Phases[] = [];
  await runCell(bench, CELL);
  for (let round = 1; round <= rounds; round += 1) {
    const phases = await measure(bench);
    all.push(phases);
    const words = [...phases].map(([name, seconds]) => `${name} ${seconds.toFixed(1)}`);
    bench.say(`phases, round ${round} of ${rounds}: ${words.join(', ')}; overhead ${percent(overheadOf(phases))}`);
  }
  const names = [...(all[0]?.keys() ?? [])];
  const total = median(all.map(totalOf));
  const rows = names.map((name) => {
    const values = all.map((phases) => phases.get(name) ?? 0);
    return [name, spread(values, 2), percent(median(values) / total)];
  });
  rows.push(['total', spread(all.map(totalOf), 2), percent(1)]);
  const overhead = median(all.map(overheadOf));
  console.log(
    [
      '',
      ...textTable([`npx vitest run --project ${CELL}, warm cache`, 'seconds', 'share'], rows),
      verdict('harness overhead', percent(overhead), `≤ ${percent(GOAL)}`, overhead <= GOAL),
    ].join('\n'),
  );
}

async function measure(bench: Bench): Promise<Phases> {
  const { seconds, results } = await runCell(bench, CELL);
  const report = JSON.parse(await readFile(join(results, 'run.json'), 'utf8')) as RunReport;
  const [cell] = report.cells;
  if (cell?.outcome !== 'compatible') throw new Error(`the run ended ${cell?.outcome}: ${cell?.because}`);
  const of = (...steps: string[]): number =>
    cell.timings.filter(({ phase }) => steps.includes(phase)).reduce((sum, { tookMs }) => sum + tookMs / 1000, 0);
  const journal = await readFile(join(results, CELL, 'journal.jsonl'), 'utf8');
  const notarising = cell.tests.filter(({ name }) => NOTARISING.test(name));
  const flows = secondsWithFlows(journal) + notarising.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000;
  const inside = cell.timings.reduce((sum, { tookMs }) => sum + tookMs / 1000, 0);
  return new Map([
    [STARTING, of('start')],
    [FLOWS, flows],
    ['npx, vitest and its worker', seconds - inside],
    ['checksums, tools, space', of('resolve', 'java', 'cordapps', 'build', 'space')],
    ['zone copied', of('zone')],
    ['schema templates copied', of('schema')],
    ['driver connects', of('driver')],
    ['suites beside their flows', of('suites') - flows],
    ['evidence', of('evidence')],
    ['teardown', of('destroy')],
  ]);
}

/** Seconds in which at least one operation of a journal was under way. */
function secondsWithFlows(journal: string): number {
  const lines = journal.split('\n').filter((line) => line !== '');
  let [total, since, open] = [0, 0, 0];
  for (const { event, at } of lines.map((line) => JSON.parse(line) as JournalLine)) {
    const now = Date.parse(at);
    if (open > 0) total += now - since;
    since = now;
    open += event === 'invoked' ? 1 : -1;
  }
  return total / 1000;
}

function totalOf(phases: Phases): number {
  return [...phases.values()].reduce((sum, seconds) => sum + seconds, 0);
}

function overheadOf(phases: Phases): number {
  const work = (phases.get(STARTING) ?? 0) + (phases.get(FLOWS) ?? 0);
  return 1 - work / totalOf(phases);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
