import type { CordappArtefact } from './release.ts';

/** What the harness compiled from `src/jvm` against one release's own jars. */
export interface JvmTools {
  /** `Corda-Release-Version` of the jars it was compiled against, for example `4.5`. */
  readonly compiledAgainst: string;
  /** Absolute folder of the classes: comes first on a class path, before the release's jars. */
  readonly classes: string;
  /** The minter works on 4.x jars only. */
  readonly minter: boolean;
  /** The harness's own CorDapp, for every node of a network: unsigned, without tables. */
  readonly healthcheck: CordappArtefact;
}

/** Main classes of `src/jvm`. */
export const MINTER_MAIN = 'compat.minter.Main';
export const DRIVER_MAIN = 'compat.driver.Main';
/** Environment variable that hands the driver its bearer token. */
export const DRIVER_TOKEN = 'COMPAT_DRIVER_TOKEN';
/** Prints no more than warnings, to the console only: the capsule's own log4j2.xml writes files and starts a script engine. */
export const QUIET_LOGGING = '-Dlog4j.configurationFile=compat-log4j2.xml';
