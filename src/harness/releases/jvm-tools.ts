import type { JavaMajor } from '../corda/facts.ts';
import type { Artefact, CordappArtefact, NodeKit } from './artefacts.ts';

/** The classes that the harness compiled from `src/jvm` against one release's own jars. */
export interface JvmTools {
  /** `Corda-Release-Version` of the jars it was compiled against, for example `4.5`. */
  readonly compiledAgainst: string;
  /** Digest of the sources, the jars and the compiler. */
  readonly digest: string;
  /** Absolute folder of the classes: comes first on a class path, before the release's jars. */
  readonly classes: string;
  /** Minter and doorman work on 4.x jars only. */
  readonly minter: boolean;
  /** The harness's own CorDapp, for every node of a network: unsigned, without tables. */
  readonly healthcheck: CordappArtefact;
  /** Absolute file of the Java agent that starts a release's own Jolokia agent. */
  readonly agent: string;
}

/** Its name, also below a node's base directory. */
export const AGENT_FILE = 'compat-agent.jar';

/** Main classes of `src/jvm`. */
export const MINTER_MAIN = 'compat.minter.Main';
export const DRIVER_MAIN = 'compat.driver.Main';
export const DOORMAN_MAIN = 'compat.zone.Main';
/** Environment variables that give the driver and the doorman their token: only its holder may ask them. */
export const DRIVER_TOKEN = 'COMPAT_DRIVER_TOKEN';
export const DOORMAN_TOKEN = 'COMPAT_DOORMAN_TOKEN';
/** Header with the token. The API server's proxy takes `Authorization` for itself. */
export const TOKEN_HEADER = 'x-compat-token';

/** The option that loads a Java agent. */
export function agentOption({ jar, options }: NodeKit['agent']): string {
  return options === '' ? `-javaagent:${jar}` : `-javaagent:${jar}=${options}`;
}

/** Class path of a driver or a doorman on this machine: our classes come before the release's jars. */
export function serviceClassPath(program: {
  readonly tools: Pick<JvmTools, 'classes'>;
  readonly kit: Pick<NodeKit, 'classPath'>;
  readonly cordapps: readonly Artefact[];
}): readonly string[] {
  return [program.tools.classes, ...program.kit.classPath, ...program.cordapps.map(({ file }) => file)];
}

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
