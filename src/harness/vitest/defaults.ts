import { loadCells } from '../matrix/expand.ts';
import { plan } from '../matrix/plan.ts';
import { renderPlan } from '../matrix/render-plan.ts';
import { createNodeProvisioner } from '../run/node-provisioner.ts';
import type { CreateProvisioner } from '../run/provisioner.ts';
import type { LoadedMatrix } from './session-options.ts';
import { SUITE_ORDER } from './suite-order.ts';

/** The cells of matrix.json. @throws Error that names everything that is wrong with it */
export async function loadDefaultMatrix(where: {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<LoadedMatrix> {
  const { cells, matrix, settings } = await loadCells(where);
  return {
    cells,
    parallel: settings.parallel,
    plan: (selected, parallel) =>
      renderPlan(plan(selected, { parallel, warnings: matrix.warnings, suites: SUITE_ORDER })),
  };
}

/** Real networks. */
export const defaultProvisioner: CreateProvisioner = createNodeProvisioner;
