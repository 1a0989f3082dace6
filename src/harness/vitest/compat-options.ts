import type { CreateProvisioner } from '../provision/provisioner.ts';
import type { LoadedMatrix } from './session-options.ts';

export interface CompatOptions {
  /** Your own suite files, as patterns; `suites/**\/*.test.ts` by default. */
  readonly include?: readonly string[];
  /**
   * Suites of this package that run beside yours: all, or some by name, for example `['health', 'pay', 'vault']`. Default: none.
   * The lifecycle suites run in cells whose matrix asks for them: `"workload": {"lifecycle": true}`.
   */
  readonly suites?: 'all' | readonly string[];
  /** Folder of reports and evidence; by default `COMPAT_RESULTS`, or `test-results`. */
  readonly results?: string;
  /** Returns the cells; by default those of matrix.json. */
  readonly load?: (where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) => Promise<LoadedMatrix>;
  /** Makes the provisioner, which brings up networks. */
  readonly provisioner?: CreateProvisioner;
}
