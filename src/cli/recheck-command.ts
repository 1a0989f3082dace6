import { resolve } from 'node:path';
import type { Command } from 'commander';
import { recheck, type Rechecked } from '../harness/evidence/stored-cell.ts';
import type { CommandParts } from './context.ts';

/** `corda-compat recheck`: judges a stored run again, without any node. */
export function addRecheckCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('recheck')
    .description('judge the vaults and the notary of a stored run again, without any node')
    .argument('<folder>', "a run's results, for example test-results, or the folder of one of its cells")
    .action(async (folder: string) => {
      let isWell = true;
      for await (const cell of recheck(resolve(context.cwd, folder))) {
        context.signal.throwIfAborted();
        context.print(words(cell));
        isWell &&= !('problem' in cell) && cell.findings.length === 0;
      }
      finish(isWell ? 0 : 1);
    });
}

function words(cell: Rechecked): string {
  if ('problem' in cell) return `${cell.cell}: cannot be judged: ${cell.problem}`;
  const of = `${counted(cell.operations, 'operation')}, ${cell.undecided} without an ok`;
  if (cell.findings.length === 0) return `${cell.cell}: vaults, operations and notary agree (${of})`;
  const findings = cell.findings.map(({ kind, message }) => `  ${kind}: ${message}`);
  return [`${cell.cell}: ${counted(cell.findings.length, 'finding')} (${of})`, ...findings].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
