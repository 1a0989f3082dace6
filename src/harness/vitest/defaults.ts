import type { Cell } from '../domain/cell.ts';
import { loadCells } from '../matrix/expand.ts';
import { attachedPlan, plan } from '../matrix/plan.ts';
import { renderPlan } from '../matrix/render-plan.ts';
import type { AttachedCells } from '../run/by-hand/attached-cells.ts';
import { createNodeProvisioner } from '../run/node-provisioner.ts';
import type { CreateProvisioner } from '../run/provisioner.ts';
import type { LoadedMatrix } from './session-options.ts';
import { variable } from '../domain/environment.ts';

interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The cells of matrix.json. @throws Error that names everything that is wrong with it */
export async function loadDefaultMatrix({ cwd, env }: Where): Promise<LoadedMatrix> {
  const namespace = variable(env, 'COMPAT_ATTACH');
  const attached = namespace ? { COMPAT_PROVIDER: 'kubernetes' } : {};
  const { cells: all, matrix, settings } = await loadCells({ cwd, env: { ...env, ...attached } });
  const { cells, skipped } = namespace ? await ofNamespace(all, { namespace, env }) : { cells: all, skipped: [] };
  return {
    cells,
    skipped,
    parallel: settings.parallel,
    plan: (selected, parallel) => {
      const names = skipped.map(({ cell, reason }) => ({ cell: cell.name, reason }));
      const options = { skipped: names, warnings: matrix.warnings };
      return renderPlan(
        namespace ? attachedPlan(selected, { namespace, ...options }) : plan(selected, { parallel, ...options }),
      );
    },
  };
}

/** Real networks: made for the run, or attached to. */
export const defaultProvisioner: CreateProvisioner = async (run) => {
  const namespace = variable(run.env, 'COMPAT_ATTACH');
  if (!namespace) return await createNodeProvisioner(run);
  const { createAttachProvisioner } = await import('../run/by-hand/attach-provisioner.ts');
  return createAttachProvisioner(run, namespace);
};

/** Loaded here: what speaks to clusters takes longer to load than a local run takes to begin. */
async function ofNamespace(
  cells: readonly Cell[],
  where: { readonly namespace: string; readonly env: NodeJS.ProcessEnv },
): Promise<AttachedCells> {
  const { attachedCells } = await import('../run/by-hand/attached-cells.ts');
  return await attachedCells(cells, where);
}
