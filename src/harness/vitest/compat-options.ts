import type { CreateProvisioner } from '../provision/provisioner.ts';
import type { LoadedMatrix } from './session-options.ts';

export interface CompatOptions {
  /** Suite files of yours; `suites/**\/*.test.ts` by default. */
  readonly include?: readonly string[];
  /**
   * Suites that this package brings along, beside yours: all of them, or some by name, for example `['health', 'pay', 'vault']`. None by
   * default. Those of a node's life run in cells whose matrix asks for them: `"workload": {"lifecycle": true}`.
   */
  readonly suites?: 'all' | readonly string[];
  /** Folder of reports and evidence; by default `COMPAT_RESULTS`, or `test-results`. */
  readonly results?: string;
  /** Where the cells come from; matrix.json by default. */
  readonly load?: (where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) => Promise<LoadedMatrix>;
  /** Who brings up networks. */
  readonly provisioner?: CreateProvisioner;
}
