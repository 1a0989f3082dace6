import type { JvmChoice } from '../config/cell.ts';
import type { NodeKit } from '../releases/artefacts.ts';
import { AGENT_FILE } from '../releases/jvm-tools.ts';
import type { NodePlace } from '../corda/topology.ts';
import type { RpcUser } from '../corda/node-conf.ts';

/**
 * JVM options of a node. `stock` is what the release's capsule would use. `fast` starts three nodes on two cores in about
 * half the time: C1 alone and the serial collector suit processes that live for a minute, and the node's own classes are
 * not verified again (bench/pair measures what each gives). The release's own `jvmArgs` come last, so they win.
 */
export function jvmOptions(choice: JvmChoice, kit: NodeKit): readonly string[] {
  const own = kit.release.release.jvmArgs;
  if (choice === 'stock') return [...kit.jvmArgs, ...own];
  // 256 MB is not enough: 4.5 runs out of it scanning an attachment. 3.x asks for 200 MB itself and is content with more.
  const fast = ['-Xms384m', '-Xmx512m', '-XX:MetaspaceSize=160m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const logging = `-Dlog4j.configurationFile=${FAST_LOGGING.file}`;
  // The flag is deprecated from Java 13 on; 17 starts fast enough without.
  const verify = kit.release.java === 8 ? ['-Xverify:none'] : [];
  return [...fast, logging, ...verify, ...own];
}

/** Heap of the driver, in MB. */
export const DRIVER_HEAP_MB = 128;
/** Heap of the doorman, in MB. */
export const DOORMAN_HEAP_MB = 96;

/**
 * Logging of `fast` nodes, relative to the node's base directory. The release's own configuration starts a JavaScript engine
 * for every node (6 % of a start's CPU) and hides exceptions from the console; this one writes everything to the console.
 */
export const FAST_LOGGING = {
  file: 'compat-log4j2.xml',
  content: `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="warn" shutdownHook="disable">
  <Appenders>
    <Console name="console" target="SYSTEM_OUT">
      <PatternLayout pattern="[%-5level] %d{ISO8601} [%t] %logger{2} - %msg%n%xThrowable" />
    </Console>
  </Appenders>
  <Loggers>
    <!-- At INFO the broker tells of every message that it cannot deliver: 26 MB in one failing cell. -->
    <Logger name="org.apache.activemq" level="warn" />
    <Root level="info"><AppenderRef ref="console" /></Root>
  </Loggers>
</Configuration>
`,
} as const;

/** The agent's configuration, below the node's base directory; the agent reads it when its JVM starts. */
export const JOLOKIA_FILE = 'compat-jolokia.properties';

/**
 * The agent's address and users. A file, since every user of the machine can read command lines.
 * Without `discoveryEnabled=false` it would answer any search for agents on the local network.
 */
export function jolokiaProperties({ listenOn, addresses }: NodePlace, { user, password }: RpcUser): string {
  const settings = { host: listenOn, port: addresses.jmx.port, user, password, discoveryEnabled: false };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  return lines.join('');
}

/**
 * JVM options of a node that is asked about its JVM, relative to its base directory; none where the release has no Jolokia.
 * Among the JVM options, because it must come before Quasar's agent: started beside it, both may wait for each other for ever.
 */
export function jolokiaOptions({ jolokia }: NodeKit): readonly string[] {
  return jolokia === undefined ? [] : [`-javaagent:${AGENT_FILE}=config=${JOLOKIA_FILE}`];
}

/** By which the driver asks a node's JVM. */
export function jolokiaUrl({ addresses }: NodePlace): string {
  const { host, port } = addresses.jmx;
  return `http://${host}:${port}/jolokia/`;
}
