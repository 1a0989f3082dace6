import type { Cell } from '../config/cell.ts';
import { loadCells } from '../config/expand.ts';
import { attachedProvisioner } from '../byhand/attached-steps.ts';
import { plan } from '../hub/run-plan.ts';
import type { AttachedCells } from '../byhand/attached.ts';
import { createNodeProvisioner } from '../provision/node-provisioner.ts';
import type { CreateProvisioner } from '../provision/provisioner.ts';
import type { LoadedMatrix } from './session-options.ts';
import { variable } from '../config/variables.ts';

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
    plan: (selected, run) => {
      const names = skipped.map(({ cell, reason }) => ({ cell: cell.name, reason }));
      const attached = namespace ? { attached: namespace } : {};
      return plan(selected, { ...run, ...attached, skipped: names, warnings: matrix.warnings });
    },
  };
}

/** Real networks: made for the run, or attached to. */
export const defaultProvisioner: CreateProvisioner = (run) => {
  const namespace = variable(run.env, 'COMPAT_ATTACH');
  return Promise.resolve(namespace ? attachedProvisioner(run, namespace) : createNodeProvisioner(run));
};

/** Loaded here: what speaks to clusters takes longer to load than a local run takes to begin. */
async function ofNamespace(
  cells: readonly Cell[],
  where: { readonly namespace: string; readonly env: NodeJS.ProcessEnv },
): Promise<AttachedCells> {
  const { attachedCells } = await import('../byhand/attached.ts');
  return await attachedCells(cells, where);
}
