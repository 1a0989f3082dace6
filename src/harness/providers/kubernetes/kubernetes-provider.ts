import { join } from 'node:path';
import { ConsoleLog } from '../../support/console-log.ts';
import { defaultStateRoot, exists } from '../../support/files.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { CONSOLE_LOG, DATABASE_ID, DATABASE_PORT } from '../containers.ts';
import { anyOf, nodeOf, serviceOf, startIn, OpenSpaces } from '../space.ts';
import type { Provider, RunningNode, Space } from '../provider.ts';
import { type Cluster, clusterError } from './cluster.ts';
import { foundOnce } from '../../support/once.ts';
import { isMainRunning } from './trouble.ts';
import { databaseProcess, openWayOut, startDatabasePod } from './database-server.ts';
import { closeSpace, openSpace, type OpenProcess, type OpenSpace } from './kubernetes-space.ts';
import { findSpace, type SpaceRef } from './labelled.ts';
import { listPodFiles, readPodFile } from './pod-files.ts';
import { podOfNode, podOfService } from './pod-start.ts';
import { type ProcessRun, startPod, removePods, stopProcess } from './workload.ts';
import { findWay, openWay, type PortTarget } from './ways.ts';
import type { WorkloadKind } from '../../config/cell.ts';
import type { RegistryLogin } from './manifests/namespace.ts';
import { blocked, bug } from '../../support/step-error.ts';
import { askRights, insteadOfIt, missingWords, settled, type AnsweredRight } from './rights.ts';
import { isHeld } from './hold.ts';
import type { Endpoint } from '../../corda/topology.ts';

export interface KubernetesProviderOptions {
  /** Root of staging folders and console logs: `<root>/<runId>/<cell>/<node>`. */
  readonly root?: string;
  /** @throws StepError blocked where none is named */
  readonly cluster: () => Promise<Cluster>;
  readonly settings: KubernetesSettings;
  /** Tells of steps that take longer than a moment. */
  readonly say?: (text: string) => void;
}

/** Nodes as Pods of a Kubernetes cluster: for each space a namespace, made or given, and in it a StatefulSet and a volume a node. */
export function createKubernetesProvider(options: KubernetesProviderOptions): Provider {
  const { cluster, settings, root = defaultStateRoot(), say = () => undefined } = options;
  const way = foundOnce(async () => await findWay(await cluster(), settings.given?.names));
  const spaces = new OpenSpaces<OpenSpace>(closeSpace);
  const folders = new Set<string>();
  const opened = (space: Space): OpenSpace => spaces.of(space);
  /** Names of spaces in the cluster: `leftovers` looks for spaces that are gone, too. */
  const refs = new Map<string, SpaceRef>();

  return {
    name: 'kubernetes',
    runsImages: true,
    takesCordappImages: true,

    async prepare({ signal }) {
      signal.throwIfAborted();
      await checkCluster(await cluster(), settings.given?.names);
    },

    async createSpace(request) {
      request.signal.throwIfAborted();
      const host = { root, cluster: await cluster(), way: await way(), settings, folders, say };
      const open = await openSpace(request, host);
      refs.set(open.space.id, open.home.ref);
      return spaces.add(open);
    },

    async startNode(space, launch) {
      const open = opened(space);
      const spaceProcess = nodeOf(open, launch.node);
      return await run(open, spaceProcess, async () =>
        startPod(open, spaceProcess, await podOfNode(spaceProcess.stagingFolder, launch)),
      );
    },

    async startService(space, launch) {
      const open = opened(space);
      const spaceProcess = serviceOf(open, launch.service);
      return await run(open, spaceProcess, async () =>
        startPod(open, spaceProcess, await podOfService(spaceProcess.stagingFolder, launch)),
      );
    },

    async stopNode(space, node, graceMs) {
      const open = opened(space);
      return await stopProcess(open, anyOf(open, node), graceMs);
    },

    async logs(space, node, offset = 0) {
      const spaceProcess = anyOf(opened(space), node);
      spaceProcess.log ??= new ConsoleLog(consoleOf(spaceProcess));
      return await spaceProcess.log.read(offset);
    },

    async readFile(space, node, path) {
      const open = opened(space);
      return await readPodFile(open, anyOf(open, node), path);
    },

    async listFiles(space, node, folder) {
      const open = opened(space);
      return await listPodFiles(open, anyOf(open, node), folder);
    },

    async reach(space, node, port) {
      const open = opened(space);
      const number = open.space.places.get(node)?.addresses[port].port ?? 0;
      return await reached(open, nodeOf(open, node), { port: number, speaksHttp: false });
    },

    async reachService(space, service) {
      const open = opened(space);
      const port = open.space.services.get(service)?.address.port ?? 0;
      return await reached(open, serviceOf(open, service), { port, speaksHttp: true });
    },

    async startDatabaseServer(space, launch) {
      const open = opened(space);
      const spaceProcess = await databaseProcess(open);
      const running = await run(open, spaceProcess, () => startDatabasePod(open, spaceProcess, launch));
      // An ended server has no port any more: the wait for it sees its end.
      const ended = spaceProcess.run?.exit !== undefined;
      const port = { port: DATABASE_PORT, speaksHttp: false };
      const outside = ended ? { host: LOOPBACK, port: 0 } : await reached(open, spaceProcess, port);
      const inside = { host: DATABASE_ID, port: DATABASE_PORT };
      return { ...running, inside, outside, consoleFile: consoleOf(spaceProcess) };
    },

    letReach: async (space, { port }) => await openWayOut(opened(space), port),

    destroySpace: (space) => spaces.destroy(space),

    async leftovers(space) {
      const ref = refs.get(space.id);
      const things = ref ? await findSpace(await cluster(), ref) : [];
      const folder = join(root, space.id);
      return (await exists(folder)) ? [...things, { kind: 'folder', what: folder }] : things;
    },
  };
}

function consoleOf({ stagingFolder }: OpenProcess): string {
  return join(stagingFolder, CONSOLE_LOG);
}

async function run(open: OpenSpace, spaceProcess: OpenProcess, begin: () => Promise<ProcessRun>): Promise<RunningNode> {
  const { id, run: former } = spaceProcess;
  const running = await startIn(open, id, async () => {
    if (former && !former.exit) bug(`${id} runs already as Pod ${former.pod?.metadata?.name}`);
    return await begin();
  });
  void running.exited.then(() => restAfterEnd(open, spaceProcess));
  return { node: id, exited: running.exited, lost: () => running.lost };
}

/** An ended process stays ended, as with every provider: the cluster would start it again and again. */
function restAfterEnd(open: OpenSpace, spaceProcess: OpenProcess): void {
  if (open.destroying || spaceProcess.workload === undefined) return;
  const rest = removePods(open, spaceProcess, 1).catch(() => undefined);
  spaceProcess.resting = rest;
  open.busy.add(rest);
  void rest.finally(() => open.busy.delete(rest));
}

async function reached(
  open: OpenSpace,
  spaceProcess: OpenProcess,
  { port, speaksHttp }: Pick<PortTarget, 'port' | 'speaksHttp'>,
): Promise<Endpoint> {
  const { cluster, way, facts, watch } = open;
  const { id, run, forwarders } = spaceProcess;
  if (!run || run.exit) throw new Error(`port ${port} of ${id} cannot be reached from this machine: it does not run`);
  const pod = (): string | undefined => watch.pods(id).find(isMainRunning)?.metadata?.name;
  const target = { namespace: facts.namespace, id, port, speaksHttp, pod };
  const opening = forwarders.get(port) ?? openWay(cluster, way, target);
  forwarders.set(port, opening);
  return (await opening).endpoint;
}

/** Namespaces that are there, for cells to live in one after the other. */
export interface GivenNamespaces {
  readonly names: readonly string[];
  /** Milliseconds that a cell waits for a free one. */
  readonly waitMs: number;
}

/** The user's settings for all spaces of a run. */
export interface KubernetesSettings {
  /** Before the run's id in names of namespaces. */
  readonly prefix: string;
  /** Absent where each cell makes a namespace of its own. */
  readonly given?: GivenNamespaces;
  /** The cluster's default where there is none. */
  readonly storageClass?: string;
  readonly workload: WorkloadKind;
  /** How the cluster logs in to the registry of the images; none where it need not. */
  readonly login?: RegistryLogin;
  /** Milliseconds from the last sign of life of a run until what it has made deletes itself. */
  readonly lifelineMs: number;
}

/** @throws StepError blocked where no API server answers, this user may not do what a run does, or a given namespace is not there */
async function checkCluster(cluster: Cluster, given?: readonly string[]): Promise<void> {
  const { config } = cluster;
  const what = `the cluster of context ${config.getCurrentContext()} (${config.getCurrentCluster()?.server})`;
  try {
    const answers = await askRights(cluster, { given });
    const refused = [undefined, ...(given ?? [])].flatMap((namespace) =>
      refusedWords(answers.filter((each) => each.namespace === namespace)),
    );
    if (refused.length > 0) {
      const roles = 'npx corda-compat doctor tells which roles a run needs';
      throw blocked('space', `${what} does not let this user ${refused.join(', ')}. ${roles}`);
    }
    await Promise.all((given ?? []).map((namespace) => isHeld(cluster, namespace)));
  } catch (error) {
    throw clusterError(what, error);
  }
}

/** The rights that a run needs, in one namespace or in the whole cluster. */
function refusedWords(answers: readonly AnsweredRight[]): readonly string[] {
  const { namespace } = answers[0] ?? {};
  const where = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  if (namespace !== undefined && answers.every(({ allowed }) => allowed.length === 0)) return [`do anything${where}`];
  const words = (answer: AnsweredRight) =>
    [answer, ...insteadOfIt(answer, answers)].map(missingWords).join(' or in its place ');
  return settled(answers)
    .filter(({ right, missing }) => missing.length > 0 && right.otherwise === undefined)
    .map((answer) => `${words(answer)}${where}`);
}
