import { posix } from 'node:path';
import { classPathInImage, IN_IMAGE, jarInImage } from '../images/image.ts';
import { agentOption } from '../releases/jvm-tools.ts';
import type { NodeLaunch, ServiceLaunch, ServicePlace, Space } from './provider.ts';
import { jarsOfFolders } from './space.ts';
import { isWithin } from '../support/files.ts';
import type { NodePlace, PortName } from '../corda/topology.ts';

/** CorDapps of a service, below its working directory. */
export const SERVICE_CORDAPPS = 'cordapps';

/** Command line of a node inside its image. @param stagingFolder for the jars that the release takes from folders of the base directory */
export async function nodeCommand({ kit, jvmArgs, nodeArgs }: NodeLaunch, stagingFolder: string): Promise<string[]> {
  const { jar, options } = kit.agent;
  const folderJars = await jarsOfFolders(stagingFolder, kit.classPathFolders);
  return [
    IN_IMAGE.java,
    '-XX:-UsePerfData',
    ...jvmArgs,
    agentOption({ jar: jarInImage(jar), options }),
    '-classpath',
    [...classPathInImage(kit), ...folderJars.map((jar) => `${IN_IMAGE.node}/${jar}`)].join(':'),
    kit.mainClass,
    ...nodeArgs,
    '--base-directory',
    IN_IMAGE.node,
  ];
}

/** Command line of a service inside its image: our classes come before the release's jars. */
export function serviceCommand({ kit, cordapps, jvmArgs, mainClass, args }: ServiceLaunch): string[] {
  const own = cordapps.map(({ name }) => `${IN_IMAGE.node}/${SERVICE_CORDAPPS}/${name}`);
  const classPath = [IN_IMAGE.classes, ...classPathInImage(kit), ...own].join(':');
  return [IN_IMAGE.java, '-XX:-UsePerfData', ...jvmArgs, '-classpath', classPath, mainClass, ...args];
}

/** Ports inside, the same in every space, whose network is its own. */
export const PORTS_INSIDE: Readonly<Record<PortName, number>> = {
  p2p: 10_200,
  rpc: 10_201,
  rpcAdmin: 10_202,
  h2: 10_203,
  jmx: 10_204,
};
export const SERVICE_PORT_INSIDE = 8080;
const ALL_INTERFACES = '0.0.0.0';

/** The console log of a node or service: it is on this machine, not in the container. */
export const CONSOLE_LOG = 'console.log';

interface Prepared {
  readonly id: string;
  readonly stagingFolder: string;
}

/** Places in a space where each node and service has an address of its own, under its id. */
export function placesInside(
  nodes: readonly Prepared[],
  services: readonly Prepared[],
): Pick<Space, 'places' | 'services'> {
  return {
    places: new Map(nodes.map((node) => [node.id, nodePlace(node)])),
    services: new Map(services.map((service) => [service.id, servicePlace(service)])),
  };
}

function nodePlace({ id, stagingFolder }: Prepared): NodePlace {
  const at = (port: number) => ({ host: id, port });
  const { p2p, rpc, rpcAdmin, h2, jmx } = PORTS_INSIDE;
  const addresses = { p2p: at(p2p), rpc: at(rpc), rpcAdmin: at(rpcAdmin), h2: at(h2), jmx: at(jmx) };
  return { id, stagingFolder, listenOn: ALL_INTERFACES, addresses };
}

function servicePlace({ id, stagingFolder }: Prepared): ServicePlace {
  return { id, stagingFolder, listenOn: ALL_INTERFACES, address: { host: id, port: SERVICE_PORT_INSIDE } };
}

/**
 * A path below a node's base directory, relative to it. Links are resolved inside, so only its letters are looked at here.
 * @throws Error when it leads out of the base directory of the process
 */
export function insideBase(id: string, path: string): string {
  const wanted = posix.resolve(IN_IMAGE.node, path);
  if (!isWithin(IN_IMAGE.node, wanted)) {
    throw new Error(`${JSON.stringify(path)} leads out of the base directory of ${id}`);
  }
  return posix.relative(IN_IMAGE.node, wanted);
}

/** Limits of a container; one that wants more memory is killed, and its end says so. */
export interface ContainerLimits {
  readonly memoryMb: number;
  /** Processors; a fraction is allowed. */
  readonly cpus: number;
}

/** Beside the heap: metaspace, code, threads, buffers of the broker. Twice what a node under load was seen to take. */
const BESIDE_HEAP_MB = 768;
/** More helps no node of ours, and one that spins leaves the rest to the others. */
const MOST_CPUS = 4;

/** By what was asked for, and by the heap that the JVM is allowed, whichever is more. @param cpus processors of the engine */
export function containerLimits(memoryMb: number, jvmArgs: readonly string[], cpus: number): ContainerLimits {
  return { memoryMb: Math.max(memoryMb, heapMb(jvmArgs)) + BESIDE_HEAP_MB, cpus: Math.min(MOST_CPUS, cpus) };
}

const UNITS: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024 };

/** The last `-Xmx` counts, as for the JVM; 0 where there is none. */
function heapMb(jvmArgs: readonly string[]): number {
  const found = jvmArgs.map((arg) => /^-Xmx(\d+)([kmg]?)$/i.exec(arg)).findLast((match) => match !== null);
  if (!found) return 0;
  const unit = UNITS[(found[2] ?? '').toLowerCase()] ?? 1 / (1024 * 1024);
  return Math.ceil(Number(found[1]) * unit);
}

/** Id of the space's database server, and its name in the space's network. */
export const DATABASE_ID = 'postgres';
export const DATABASE_PORT = 5432;
/** As in the public images of PostgreSQL on Debian. */
export const DATABASE_FOLDER = '/var/lib/postgresql/data';
export const DATABASE_LIMITS = { memoryMb: 512, cpus: 2 };

const CLUSTER = `${DATABASE_FOLDER}/cluster`;
const MADE = `${DATABASE_FOLDER}/made`;
const PASSWORD = `${DATABASE_FOLDER}/password`;

/**
 * The images' own entry point starts as root and needs rights that no container of ours has. Nothing in here outlives the
 * space, so nothing is synchronised to the disk. A server that is started again finds its data; what was half made when it
 * ended is made anew.
 */
const SCRIPT = [
  'set -e',
  `if [ ! -e ${MADE} ]; then`,
  `  rm -rf ${CLUSTER}`,
  `  printf %s "$DATABASE_PASSWORD" > ${PASSWORD}`,
  `  initdb -D ${CLUSTER} -U "$DATABASE_USER" -A scram-sha-256 --pwfile=${PASSWORD} --no-sync -E UTF8 --no-locale`,
  `  rm ${PASSWORD}`,
  `  echo 'host all all all scram-sha-256' >> ${CLUSTER}/pg_hba.conf`,
  `  : > ${MADE}`,
  'fi',
  `exec postgres -D ${CLUSTER} -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off`,
].join('\n');

export const DATABASE_COMMAND: readonly string[] = ['sh', '-c', SCRIPT];

/** Environment of the command. */
export function databaseVariables({ user, password }: { readonly user: string; readonly password: string }) {
  return { DATABASE_USER: user, DATABASE_PASSWORD: password };
}
