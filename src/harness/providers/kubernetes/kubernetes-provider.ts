import { join } from 'node:path';
import { ConsoleLog } from '../../support/console-log.ts';
import { defaultStateRoot, exists } from '../../support/files.ts';
import { LOOPBACK } from '../../support/ports.ts';
import { DATABASE_ID, DATABASE_PORT } from '../database-container.ts';
import { anyOf, fail, nodeOf, serviceOf } from '../find-resident.ts';
import { OpenSpaces } from '../open-spaces.ts';
import type { Endpoint, Provider, RunningNode, Space } from '../provider.ts';
import { checkCluster } from './cluster-check.ts';
import { foundOnce, type Cluster } from './cluster.ts';
import { isMainRunning } from './container-state.ts';
import { databaseResident, openWayOut, startDatabasePod } from './database-server.ts';
import { closeSpace, openSpace, type OpenResident, type OpenSpace } from './kubernetes-space.ts';
import { findSpace, type SpaceRef } from './labelled.ts';
import { listPodFiles, readPodFile } from './pod-files.ts';
import { podOfNode, podOfService } from './pod-launch.ts';
import type { ResidentRun } from './resident-run.ts';
import { startPod } from './resident-start.ts';
import { removePods, stopResident } from './resident-stop.ts';
import type { KubernetesSettings } from './settings.ts';
import { CONSOLE_LOG } from './staged-files.ts';
import { findWay, openWay, type PortTarget } from './ways.ts';

export interface KubernetesProviderOptions {
  /** Where nodes are staged and their consoles kept: `<root>/<runId>/<cell>/<node>`. */
  readonly root?: string;
  /** @throws StepError blocked where none is named */
  readonly cluster: () => Promise<Cluster>;
  readonly settings: KubernetesSettings;
  /** Told what takes longer than a moment. */
  readonly say?: (text: string) => void;
}

/** Nodes as Pods of a Kubernetes cluster: for each space a namespace, made or given, and in it a StatefulSet and a volume a node. */
export function createKubernetesProvider(options: KubernetesProviderOptions): Provider {
  const { cluster, settings, root = defaultStateRoot(), say = () => undefined } = options;
  const way = foundOnce(async () => await findWay(await cluster(), settings.given?.names));
  const spaces = new OpenSpaces<OpenSpace>(closeSpace);
  const folders = new Set<string>();
  const opened = (space: Space): OpenSpace => spaces.of(space);
  /** What a space was called in the cluster: it is looked for after it is gone as well. */
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
      const resident = nodeOf(open, launch.node);
      return await startIn(open, resident, async () =>
        startPod(open, resident, await podOfNode(resident.stage, launch)),
      );
    },

    async startService(space, launch) {
      const open = opened(space);
      const resident = serviceOf(open, launch.service);
      return await startIn(open, resident, async () =>
        startPod(open, resident, await podOfService(resident.stage, launch)),
      );
    },

    async stopNode(space, node, graceMs) {
      const open = opened(space);
      return await stopResident(open, anyOf(open, node), graceMs);
    },

    async logs(space, node, offset = 0) {
      const resident = anyOf(opened(space), node);
      resident.log ??= new ConsoleLog(consoleOf(resident));
      return await resident.log.read(offset);
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
      const resident = await databaseResident(open);
      const running = await startIn(open, resident, () => startDatabasePod(open, resident, launch));
      // One that has ended has no port any more: whoever waits for it sees that it is gone.
      const ended = resident.run?.exit !== undefined;
      const port = { port: DATABASE_PORT, speaksHttp: false };
      const outside = ended ? { host: LOOPBACK, port: 0 } : await reached(open, resident, port);
      return {
        ...running,
        inside: { host: DATABASE_ID, port: DATABASE_PORT },
        outside,
        consoleFile: consoleOf(resident),
      };
    },

    async letReach(space, { port }) {
      await openWayOut(opened(space), port);
    },

    destroySpace: (space) => spaces.destroy(space),

    async leftovers(space) {
      const ref = refs.get(space.id);
      const things = ref ? await findSpace(await cluster(), ref) : [];
      const folder = join(root, space.id);
      return (await exists(folder)) ? [...things, { kind: 'folder', what: folder }] : things;
    },
  };
}

function consoleOf({ stage }: OpenResident): string {
  return join(stage, CONSOLE_LOG);
}

async function startIn(
  open: OpenSpace,
  resident: OpenResident,
  begin: () => Promise<ResidentRun>,
): Promise<RunningNode> {
  const { space, busy } = open;
  const { id, run: former } = resident;
  if (open.destroying) fail(`space ${space.id} is being destroyed: ${id} cannot start`);
  if (former && !former.exit) fail(`${id} runs already as Pod ${former.pod?.metadata?.name}`);
  const start = begin();
  busy.add(start);
  try {
    const run = await start;
    const { exited } = run;
    void exited.then(() => restAfterEnd(open, resident));
    return { node: id, exited, lost: () => run.lost };
  } finally {
    busy.delete(start);
  }
}

/** What has ended stays ended, as with every provider: the cluster would start it again and again. */
function restAfterEnd(open: OpenSpace, resident: OpenResident): void {
  const { id, workload } = resident;
  if (open.destroying || workload === undefined) return;
  const rest = removePods(open, { id, graceSeconds: 1, workload }).catch(() => undefined);
  resident.resting = rest;
  open.busy.add(rest);
  void rest.finally(() => open.busy.delete(rest));
}

async function reached(
  open: OpenSpace,
  resident: OpenResident,
  { port, speaksHttp }: Pick<PortTarget, 'port' | 'speaksHttp'>,
): Promise<Endpoint> {
  const { cluster, way, facts, watch } = open;
  const { id, run, forwarders } = resident;
  if (!run || run.exit) throw new Error(`port ${port} of ${id} is not reached on this machine: it does not run`);
  const pod = (): string | undefined => watch.pods(id).find(isMainRunning)?.metadata?.name;
  const target = { namespace: facts.namespace, resident: id, port, speaksHttp, pod };
  const opening = forwarders.get(port) ?? openWay(cluster, way, target);
  forwarders.set(port, opening);
  return (await opening).endpoint;
}
