import { execa } from 'execa';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { textTable } from '../src/harness/report/terminal.ts';
import { circumstances } from './lib/bench.ts';
import { median, spread, timed, verdict } from './lib/figures.ts';
import { endedChildren } from './lib/usage.ts';

const HERE = resolve(import.meta.dirname, '..');
const PEAK = pathToFileURL(join(import.meta.dirname, 'cells/peak.js')).href;
/** A list that takes longer is given up, in milliseconds. */
const LIMIT = 600_000;
const ROUNDS = 3;
/** Share of the processor time that the other checkout takes for 45 cells. */
const GOAL_RATIO = 0.4;
const GOAL_435 = { seconds: 60, megabytes: 500 };
/** A list of one cell among 4,950 is flat when it takes no more than so many times what it takes among 45. */
const FLAT = 1.25;

interface Figures {
  /** User and system time of vitest and all its workers. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** Most memory of vitest's main process. */
  readonly peakMb: number;
  readonly tests: number;
}

/** A list to take: of so many releases, every two of them a cell. */
interface Work {
  readonly releases: number;
  readonly args: readonly string[];
  /** Whether the other checkout runs it as well. */
  readonly isCompared: boolean;
}

const ONE_CELL = ['--project', 'r0+r1'];
const WORKS: readonly Work[] = [
  { releases: 10, args: [], isCompared: true },
  { releases: 10, args: ONE_CELL, isCompared: true },
  { releases: 30, args: ONE_CELL, isCompared: true },
  { releases: 100, args: ONE_CELL, isCompared: false },
  { releases: 30, args: [], isCompared: false },
];

/** `[checkout] [rounds]`: what `vitest list` takes here and, in turn, in a checkout of another version with its node_modules. */
export async function main([other, rounds = String(ROUNDS)]: readonly string[]): Promise<void> {
  console.log(circumstances());
  const rows: string[][] = [];
  const ours = new Map<Work, readonly Figures[]>();
  const ratios = new Map<Work, number>();
  for (const work of WORKS) {
    const theirs: Figures[] = [];
    const own: Figures[] = [];
    for (let round = 0; round < Number(rounds); round += 1) {
      if (other !== undefined && work.isCompared) theirs.push(await listed(resolve(other), work));
      own.push(await listed(HERE, work));
    }
    ours.set(work, own);
    expectSame([...theirs, ...own]);
    const ratio = median(cpu(own)) / median(cpu(theirs));
    ratios.set(work, ratio);
    const cells = String((work.releases * (work.releases - 1)) / 2);
    const figures = [theirs, own].map((all) => (all.length === 0 ? '' : spread(cpu(all))));
    const beside = [
      spread(own.map(({ seconds }) => seconds)),
      spread(
        own.map(({ peakMb }) => peakMb),
        0,
      ),
    ];
    rows.push([cells, work.args.join(' '), ...figures, theirs.length === 0 ? '' : ratio.toFixed(2), ...beside]);
  }
  const heads = ['cells', 'arguments', 'other: CPU s', 'here: CPU s', 'ratio', 'here: s by the clock', 'here: peak MB'];
  console.log(['', ...textTable(heads, rows), '', ...verdicts(ours, ratios), circumstances()].join('\n'));
}

function verdicts(ours: ReadonlyMap<Work, readonly Figures[]>, ratios: ReadonlyMap<Work, number>): string[] {
  const [all45, one45, , one4950, all435] = WORKS.map((work) => ({
    own: ours.get(work) ?? [],
    ratio: ratios.get(work) ?? NaN,
  }));
  if (!all45 || !one45 || !one4950 || !all435) return [];
  const seconds = median(all435.own.map((figures) => figures.seconds));
  const megabytes = median(all435.own.map(({ peakMb }) => peakMb));
  const flat = median(cpu(one4950.own)) / median(cpu(one45.own));
  const lines = [
    verdict('435 cells', `${seconds.toFixed(1)} s`, `≤ ${GOAL_435.seconds} s`, seconds <= GOAL_435.seconds),
    verdict('435 cells', `${megabytes.toFixed(0)} MB`, `≤ ${GOAL_435.megabytes} MB`, megabytes <= GOAL_435.megabytes),
    verdict('one of 4,950 cells, of one of 45', flat.toFixed(2), `≤ ${FLAT}`, flat <= FLAT),
  ];
  if (Number.isNaN(all45.ratio)) return lines;
  return [
    verdict('45 cells, of the other', all45.ratio.toFixed(2), `≤ ${GOAL_RATIO}`, all45.ratio <= GOAL_RATIO),
    ...lines,
  ];
}

function cpu(all: readonly Figures[]): number[] {
  return all.map(({ cpuSeconds }) => cpuSeconds);
}

/** @throws Error where some list has other tests than another: it is no faster list */
function expectSame(all: readonly Figures[]): void {
  const counts = new Set(all.map(({ tests }) => tests));
  if (counts.size > 1 || counts.has(0))
    throw new Error(`The lists fail to agree (seen: ${[...counts].join(', ')} tests).`);
}

/** Lists in a project of its own, with the suites of the checkout. */
async function listed(checkout: string, { releases, args }: Work): Promise<Figures> {
  const root = await mkdtemp(join(tmpdir(), 'corda-compat-bench-'));
  try {
    for (const name of ['node_modules', 'suites']) await symlink(join(checkout, name), join(root, name));
    await writeFile(join(root, 'package.json'), '{ "type": "module" }');
    await writeFile(join(root, 'matrix.json'), matrixOf(releases));
    await writeFile(
      join(root, 'vitest.config.ts'),
      `import { cordaCompat } from ${JSON.stringify(join(checkout, 'src/harness/vitest/plugin.ts'))};\nexport default { plugins: [cordaCompat()] };\n`,
    );
    const before = await endedChildren();
    const peak = join(root, 'peak');
    const command = ['--import', PEAK, join(checkout, 'node_modules/vitest/vitest.mjs'), 'list', ...args];
    const { seconds, value } = await timed(() =>
      execa(process.execPath, command, { cwd: root, env: { BENCH_PEAK: peak, NO_COLOR: '1' }, timeout: LIMIT }),
    );
    const tests = value.stdout.split('\n').filter((line) => line.startsWith('[')).length;
    const cpuSeconds = (await endedChildren()) - before;
    return { cpuSeconds, seconds, peakMb: Number(await readFile(peak, 'utf8')) / 1024, tests };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function matrixOf(releases: number): string {
  const ids = Array.from({ length: releases }, (_, index) => `r${index}`);
  const finance = ['net.corda:corda-finance-contracts:4.8', 'net.corda:corda-finance-workflows:4.8'];
  return JSON.stringify({
    releases: Object.fromEntries(ids.map((id) => [id, { maven: '4.8' }])),
    cordapps: { maven: finance },
    pairs: 'all',
  });
}
