import type { Command } from 'commander';
import { glob } from 'tinyglobby';
import type { Cell } from '../harness/config/cell.ts';
import { variable, variableOr } from '../harness/config/variables.ts';
import { compareSuites, LIFECYCLE_FILES, SUITE_FILES, suiteName, suitesOf } from '../harness/plan/suites.ts';
import { loadCells, select } from '../harness/config/expand.ts';
import { renderPlan, type SkippedCell } from '../harness/plan/plan.ts';
import { plan } from '../harness/hub/run-plan.ts';
import type { CommandParts } from './context.ts';

interface PlanFlags {
  readonly project: readonly string[];
  readonly json: boolean;
}

/** `corda-compat plan`: the steps of a run, without carrying out any. */
export function addPlanCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('plan')
    .description('print the steps of a run, without fetching or starting anything')
    .option('-p, --project <pattern...>', "cells by name, as vitest's --project: '4.8+4.10', '*4.10*', '!4.5*'", [])
    .option('--json', 'print the plan as JSON', false)
    .action(async ({ project, json }: PlanFlags) => {
      const { cells, matrix, settings } = await loadCells(context);
      const selected = select(cells, project);
      const namespace = variable(context.env, 'COMPAT_ATTACH');
      const made = plan(selected, {
        skipped: notSelected(cells, selected, project),
        warnings: matrix.warnings,
        parallel: settings.parallel,
        results: variableOr(context.env, 'COMPAT_RESULTS'),
        suites: await suitesIn(context.cwd),
        ...(namespace ? { attached: namespace } : {}),
      });
      context.print(json ? JSON.stringify(made, null, 2) : renderPlan(made));
      finish(selected.length === 0 ? 1 : 0);
    });
}

/** The suites of the folder that a run uses by default, or the bundled ones if it has none. */
async function suitesIn(cwd: string): Promise<(cell: Cell) => readonly string[]> {
  const files = await glob(SUITE_FILES, { cwd });
  const always = await glob(SUITE_FILES, { cwd, ignore: LIFECYCLE_FILES });
  return ({ workload }) => {
    const own = (workload.lifecycle ? files : always).toSorted(compareSuites).map(suiteName);
    return own.length > 0 ? own : suitesOf(workload);
  };
}

function notSelected(all: readonly Cell[], selected: readonly Cell[], patterns: readonly string[]): SkippedCell[] {
  const reason = `not selected by --project ${patterns.join(' ')}`;
  return all.filter((cell) => !selected.includes(cell)).map(({ name }) => ({ cell: name, reason }));
}
