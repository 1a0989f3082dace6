import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { textTable } from '../src/harness/report/terminal.ts';
import { circumstances } from './lib/bench.ts';
import { verdict } from './lib/figures.ts';

const STEP = join(import.meta.dirname, 'oracle/step.ts');
/** Beyond the last of the stored ones, a file of JSON is longer than a text can be in Node. */
const STORED = [1_000, 10_000, 100_000];
const IN_MEMORY = [...STORED, 1_000_000];
const GOAL = { operations: 10_000, seconds: 2, megabytes: 300 };
/** Growth is linear if an operation costs no more than so many times what it cost in a history a hundred times shorter. */
const LINEAR = 2;

const figures = z.object({
  operations: z.number(),
  undecided: z.number(),
  findings: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  peakMb: z.number(),
});
type Figures = z.infer<typeof figures>;

/** Judges honest histories of growing length: stored ones as `recheck` does, and in memory. Each in a process of its own. */
export async function main(args: readonly string[]): Promise<void> {
  const most = Number(args[0] ?? IN_MEMORY.at(-1));
  console.log(circumstances());
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-bench-'));
  try {
    const stored: Figures[] = [];
    for (const operations of STORED.filter((size) => size <= most)) {
      const cell = join(folder, String(operations));
      await step('store', String(operations), cell);
      stored.push(await measured('recheck', cell));
    }
    const inMemory: Figures[] = [];
    for (const operations of IN_MEMORY.filter((size) => size <= most)) {
      inMemory.push(await measured('judge', String(operations)));
    }
    console.log(`\nread from disk and judged, as corda-compat recheck does\n${table(stored)}`);
    console.log(`\njudged, the history in memory (it and its making count in the memory)\n${table(inMemory)}\n`);
    for (const line of verdicts(stored, inMemory)) console.log(line);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(...args: readonly string[]): Promise<Figures> {
  return figures.parse(JSON.parse(await step(...args)));
}

async function step(...args: readonly string[]): Promise<string> {
  const nodeArgs = ['--max-old-space-size=12000', '--import', 'tsx', STEP, ...args];
  return (await execa(process.execPath, nodeArgs, { stderr: 'inherit' })).stdout;
}

function table(all: readonly Figures[]): string {
  const rows = all.map(({ operations, undecided, findings, seconds, cpuSeconds, peakMb }) => [
    String(operations),
    String(undecided),
    String(findings),
    seconds.toFixed(2),
    cpuSeconds.toFixed(2),
    ((seconds / operations) * 1e6).toFixed(1),
    peakMb.toFixed(0),
  ]);
  return textTable(['operations', 'without an ok', 'findings', 'seconds', 'CPU', 'µs each', 'peak MB'], rows).join(
    '\n',
  );
}

function verdicts(stored: readonly Figures[], inMemory: readonly Figures[]): readonly string[] {
  const ten = stored.find(({ operations }) => operations === GOAL.operations);
  const [hundred, million] = [100_000, 1_000_000].map((size) => inMemory.find(({ operations }) => operations === size));
  const base = inMemory.find(({ operations }) => operations === GOAL.operations);
  const each = ({ cpuSeconds, operations }: Figures): number => cpuSeconds / operations;
  return [
    ...(ten
      ? [
          verdict(
            '10,000 operations',
            `${ten.seconds.toFixed(2)} s`,
            `< ${GOAL.seconds} s`,
            ten.seconds < GOAL.seconds,
          ),
          verdict('their memory', `${ten.peakMb.toFixed(0)} MB`, `< ${GOAL.megabytes} MB`, ten.peakMb < GOAL.megabytes),
        ]
      : []),
    ...[hundred, million].flatMap((figure) => {
      if (!figure || !base) return [];
      const growth = each(figure) / each(base);
      const what = `CPU for each of ${figure.operations} operations against each of ${base.operations}`;
      return [verdict(what, growth.toFixed(2), `≤ ${LINEAR}`, growth <= LINEAR)];
    }),
  ];
}
