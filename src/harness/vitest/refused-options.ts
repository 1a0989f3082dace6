import type { ResolvedConfig } from 'vitest/node';
import { CELL_POOL } from './cell-pool.ts';

type Config = Pick<
  ResolvedConfig,
  'retry' | 'pool' | 'isolate' | 'allowOnly' | 'sequence' | 'snapshotOptions' | 'mergeReports' | 'changed' | 'related'
>;

interface Refused {
  /** As vitest's command line has it. */
  readonly option: string;
  /** Whether it is asked for. The plugin sets the options of cells, so any other value comes from the command line. */
  readonly isGiven: (config: Config) => boolean;
  readonly why: string;
}

/** Options by which a cell could pass without what its verdict says. docs/running.md has them all. */
export const REFUSED: readonly Refused[] = [
  {
    option: '--retry',
    isGiven: ({ retry }) => (typeof retry === 'object' ? (retry.count ?? 0) : (retry ?? 0)) !== 0,
    why: 'a pair that works at times would pass',
  },
  {
    option: '--update',
    isGiven: ({ snapshotOptions }) => snapshotOptions.updateSnapshot === 'all',
    why: 'a snapshot would be what the network gave, and so fit',
  },
  {
    option: '--merge-reports',
    isGiven: ({ mergeReports }) => mergeReports !== undefined,
    why: 'reports of vitest have no word about networks. Keep run.json and junit.xml of each shard',
  },
  {
    option: '--changed',
    isGiven: ({ changed }) => changed !== undefined && changed !== false,
    why: 'suites that git takes for unchanged would not run. Name suites instead',
  },
  {
    option: 'related',
    isGiven: ({ related }) => related !== undefined,
    why: 'other suites would not run. Name suites instead',
  },
  {
    option: '--allowOnly',
    isGiven: ({ allowOnly }) => allowOnly,
    why: 'tests beside one with .only would not run. Choose tests by -t',
  },
  { option: '--pool', isGiven: ({ pool }) => pool !== CELL_POOL, why: 'a cell needs a process of its own' },
  { option: '--isolate', isGiven: ({ isolate }) => isolate, why: 'the suites of a cell share a process' },
  {
    option: '--sequence.concurrent',
    isGiven: ({ sequence }) => sequence.concurrent === true,
    why: 'tests of a cell build on each other',
  },
  {
    option: '--sequence.shuffle',
    isGiven: ({ sequence }) => sequence.shuffle === true,
    why: 'suites of a cell have an order. Choose other operations by COMPAT_SEED',
  },
  {
    option: '--sequence.hooks',
    isGiven: ({ sequence }) => sequence.hooks !== 'stack',
    why: 'the hooks of a suite end before the next one may begin',
  },
];

/**
 * @param runs the run itself, and its cells; projects of the user's own have what options they like
 * @throws Error that names all refused options, and why
 */
export function refuseOptions(runs: readonly { readonly config: Config }[]): void {
  const given = REFUSED.filter(({ isGiven }) => runs.some(({ config }) => isGiven(config)));
  if (given.length === 0) return;
  const lines = given.map(({ option, why }) => `  ${option}: ${why}`);
  throw new Error(['vitest failed to run cells with these options. Leave them out:', ...lines].join('\n'));
}
