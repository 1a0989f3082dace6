import type { Command } from 'commander';
import type { Cell } from '../harness/domain/cell.ts';
import { loadCells } from '../harness/matrix/expand.ts';
import { plan } from '../harness/matrix/plan.ts';
import type { SkippedCell } from '../harness/matrix/plan.ts';
import { renderPlan } from '../harness/matrix/render-plan.ts';
import { select } from '../harness/matrix/select.ts';
import type { CommandParts } from './context.ts';

interface PlanFlags {
  readonly project: readonly string[];
  readonly json: boolean;
}

/** `corda-compat plan`: what a run would do, without doing any of it. */
export function addPlanCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('plan')
    .description('print what a run would do, step by step; nothing is fetched or started')
    .option('-p, --project <pattern...>', "cells by name, as vitest's --project: '4.8+4.10', '*4.10*', '!4.5*'", [])
    .option('--json', 'print the plan as JSON', false)
    .action(async ({ project, json }: PlanFlags) => {
      const { cells, matrix, settings } = await loadCells(context);
      const selected = select(cells, project);
      const made = plan(selected, {
        skipped: notSelected(cells, selected, project),
        warnings: matrix.warnings,
        parallel: settings.parallel,
      });
      context.print(json ? JSON.stringify(made, null, 2) : renderPlan(made));
      finish(selected.length === 0 ? 1 : 0);
    });
}

function notSelected(all: readonly Cell[], selected: readonly Cell[], patterns: readonly string[]): SkippedCell[] {
  const reason = `not selected by --project ${patterns.join(' ')}`;
  return all.filter((cell) => !selected.includes(cell)).map(({ name }) => ({ cell: name, reason }));
}
