import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { HonestWorld, type Command } from '../../src/harness/testing/honest-world.ts';
import { judge } from '../../src/harness/judge/judge.ts';
import type { Views } from '../../src/harness/trade/views.ts';
import { storeCell } from '../../src/harness/testing/stored.ts';
import { recheck } from '../../src/harness/evidence/stored-cell.ts';

// One measurement in a process of its own, so that its peak of memory is its own: bench/oracle.ts starts it.

const SEED = 1;
/** In a hundred operations: how many of each kind, and how they end. */
const KINDS = { issue: 20, exit: 5, notarise: 2 } as const;
const ENDS = { failed: 2, 'failed-but-done': 1, unknown: 1, 'unknown-but-done': 2 } as const;

const [, , what = '', first = '', folder = ''] = process.argv;
if (what === 'store') await storeCell(folder, imagined(Number(first)));
else console.log(JSON.stringify(what === 'recheck' ? await recheckStored(first) : judgeInMemory(Number(first))));

/** An honest history between three peers in two currencies, always the same one. */
function imagined(operations: number): Views {
  return new HonestWorld().run(commands(operations)).views();
}

function* commands(operations: number): Generator<Command> {
  const generator = xoroshiro128plus(SEED);
  const below = (limit: number): number => uniformInt(generator, 0, limit - 1);
  for (let index = 0; index < operations;) {
    const from = below(3);
    const kind = index < 30 ? 'issue' : (chosen(KINDS, below(100)) ?? 'pay');
    // What is notarised without money is no operation of the journal.
    if (kind !== 'notarise') index++;
    yield {
      kind,
      from,
      to: (from + 1 + below(2)) % 3,
      amount: kind === 'issue' ? 100_00 : 1 + below(9_99),
      currency: below(2) === 0 ? 'USD' : 'EUR',
      end: index <= 30 ? 'ok' : (chosen(ENDS, below(100)) ?? 'ok'),
    };
  }
}

function chosen<K extends string>(parts: Readonly<Record<K, number>>, hundredth: number): K | undefined {
  let end = 0;
  return (Object.keys(parts) as K[]).find((key) => hundredth < (end += parts[key]));
}

async function recheckStored(cell: string): Promise<object> {
  const { wall, cpu } = clock();
  for await (const result of recheck(cell)) {
    if ('problem' in result) throw new Error(result.problem);
    const { operations, undecided, findings } = result;
    return { operations, undecided, findings: findings.length, seconds: wall(), cpuSeconds: cpu(), peakMb: peakMb() };
  }
  throw new Error(`no cell in ${cell}`);
}

function judgeInMemory(operations: number): object {
  const views = imagined(operations);
  const undecided = views.journal.filter(({ end }) => end.result !== 'ok').length;
  const { wall, cpu } = clock();
  const findings = judge(views).length;
  return { operations, undecided, findings, seconds: wall(), cpuSeconds: cpu(), peakMb: peakMb() };
}

function clock(): { readonly wall: () => number; readonly cpu: () => number } {
  const began = performance.now();
  const usage = process.cpuUsage();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage(usage);
    return (user + system) / 1e6;
  };
  return { wall: () => (performance.now() - began) / 1000, cpu };
}

/** Of this whole process, Node included. */
function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}
