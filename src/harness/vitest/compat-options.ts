import type { CreateProvisioner } from '../run/provisioner.ts';
import type { LoadedMatrix } from './session-options.ts';

export interface CompatOptions {
  /** Suite files; `suites/**\/*.test.ts` by default. */
  readonly include?: readonly string[];
  /** Folder of reports and evidence; by default `COMPAT_RESULTS`, or `test-results`. */
  readonly results?: string;
  /** Where the cells come from; matrix.json by default. */
  readonly load?: (where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) => Promise<LoadedMatrix>;
  /** Who brings up networks. */
  readonly provisioner?: CreateProvisioner;
}
