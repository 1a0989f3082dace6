import type { JavaMajor } from './platform-facts.ts';
import type { CordappArtefact } from './release.ts';

/** What the harness compiled from `src/jvm` against one release's own jars. */
export interface JvmTools {
  /** `Corda-Release-Version` of the jars it was compiled against, for example `4.5`. */
  readonly compiledAgainst: string;
  /** Of the sources, the jars and the compiler. */
  readonly digest: string;
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
/**
 * Options of the harness's own JVMs: they live for seconds, so C1 alone and the serial collector. Warnings only, to the console:
 * the capsule's own log4j2.xml writes files and starts a script engine, and its asynchronous loggers take 150 MB of heap up to 4.8.
 */
export function toolJvmArgs(major: JavaMajor, heapMb: number): readonly string[] {
  const verify = major === 8 ? ['-Xverify:none'] : [];
  const fast = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData', ...verify];
  const logging = [
    '-Dlog4j.configurationFile=compat-log4j2.xml',
    '-DLog4jContextSelector=org.apache.logging.log4j.core.selector.ClassLoaderContextSelector',
  ];
  return [`-Xmx${heapMb}m`, ...fast, ...logging];
}
