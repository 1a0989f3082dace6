import type { Command } from 'commander';
import type { ByHandConfig } from '../harness/run/by-hand/compose.ts';
import {
  addConfigOptions,
  byHandHost,
  chosenCell,
  configOrder,
  nextSteps,
  type ConfigFlags,
} from './by-hand-options.ts';
import type { CommandParts } from './context.ts';

/** `corda-compat up`: a cell’s network in a cluster, there until it is taken down. */
export function addUpCommand(program: Command, { context, finish }: CommandParts): void {
  const command = program
    .command('up')
    .description('bring up a cell’s network in a cluster and leave it there; writes what it applies, as config does')
    .argument('[cell]', 'cell of the matrix; may be left out where there is one only');
  addConfigOptions(command).action(async (name: string | undefined, flags: ConfigFlags) => {
    const cell = await chosenCell(context, name, flags);
    // Loaded here: what speaks to engines and clusters takes longer to load than other commands take to run.
    const { bringUpByHand } = await import('../harness/run/by-hand/bring-up-by-hand.ts');
    const order = configOrder(cell, flags, { cwd: context.cwd, format: 'yaml' });
    let begun: ByHandConfig | undefined;
    const host = { ...byHandHost(context, flags), applied: (config: ByHandConfig) => void (begun = config) };
    try {
      const config = await bringUpByHand(order, host);
      context.print([`${cell.name} is in namespace ${config.namespace}`, ...nextSteps(config)].join('\n'));
      finish(0);
    } catch (error) {
      if (begun)
        context.note(`what was applied stays in namespace ${begun.namespace}:\n${nextSteps(begun).join('\n')}`);
      throw error;
    }
  });
}
