import type { Command } from 'commander';
import { sweep } from '../harness/run/sweep.ts';
import type { SweepReport } from '../harness/run/sweep.ts';
import { defaultStateRoot } from '../harness/support/files.ts';
import type { CommandParts } from './context.ts';
import { parseDuration } from './duration.ts';

interface SweepFlags {
  readonly dryRun: boolean;
  readonly olderThan?: number;
}

/** `corda-compat sweep`: removes what runs that died have left. */
export function addSweepCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('sweep')
    .description('remove what runs whose process is gone have left on this machine')
    .option('--dry-run', 'only say what would be removed', false)
    .option('--older-than <duration>', 'only what began longer ago than this: 90s, 30m, 1h, 2d', parseDuration)
    .action(async ({ dryRun, olderThan }: SweepFlags) => {
      const root = defaultStateRoot();
      const report = await sweep({ root, dryRun, ...(olderThan === undefined ? {} : { olderThanMs: olderThan }) });
      context.print(sweepText(report, root));
      finish(report.failed ? 1 : 0);
    });
}

function sweepText({ items }: SweepReport, root: string): string {
  if (items.length === 0) return `Nothing is left below ${root}.`;
  return items
    .map(({ path, state, detail }) => `${state.padEnd('would-remove'.length)}  ${path}: ${detail}`)
    .join('\n');
}
