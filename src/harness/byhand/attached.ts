import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Secret } from '@kubernetes/client-node';
import { z } from 'zod';
import { type Cell, WORKLOAD_KINDS } from '../config/cell.ts';
import { blocked } from '../support/step-error.ts';
import { ATTACH_SECRET, attachText } from '../providers/kubernetes/manifests/workload.ts';
import {
  type Cluster,
  clusterAddressOf,
  clusterAt,
  clusterError,
  asking,
  codeOf,
  FIRST_CONTACT_MS,
  unlessAbsent,
} from '../providers/kubernetes/cluster.ts';
import { K8S_LABEL } from '../providers/kubernetes/manifests/names.ts';
import { filesCommand, MAIN_CONTAINER } from '../providers/kubernetes/manifests/pod.ts';
import { followConsole, type ConsoleFollower } from '../providers/kubernetes/console.ts';
import { isMainRunning } from '../providers/kubernetes/trouble.ts';
import { execInPod, contentOf, namesIn } from '../providers/kubernetes/pod-files.ts';
import { CONSOLE_LOG, insideBase } from '../providers/containers.ts';
import { ConsoleLog } from '../support/console-log.ts';
import type { NodeReader } from '../evidence/evidence.ts';
import type { Attached } from './bring-up.ts';
import type { NodeRole } from '../corda/topology.ts';

/** The attach document of a namespace. @throws StepError blocked */
export async function readAttached(cluster: Cluster, namespace: string): Promise<AttachDocument> {
  const secret = await attachSecret(cluster, namespace);
  if (!secret) throw await nothingThere(cluster, namespace);
  try {
    return readAttachDocument(attachText(secret) ?? '');
  } catch (error) {
    const words = `the Secret ${ATTACH_SECRET} of namespace ${namespace} cannot be read: ${(error as Error).message}`;
    throw blocked('space', words, { cause: error });
  }
}

/** @throws StepError blocked where the matrix has another network in mind */
export function mustFit(cell: Cell, { cell: written, nodes }: AttachDocument, namespace: string): void {
  const wanted = cell.topology.nodes.map(named);
  const found = nodes.map(named);
  if (cell.name === written && wanted.join('\n') === found.join('\n')) return;
  throw blocked(
    'space',
    `the network of namespace ${namespace} is not that of the matrix: it has ${written} (${found.join('; ')}), ` +
      `the matrix ${cell.name} (${wanted.join('; ')}). Use the matrix that it was written from`,
  );
}

function named({ id, party, release }: Pick<NodeRole, 'id' | 'party' | 'release'>): string {
  return `${id} ${party} ${release}`;
}

async function attachSecret({ core }: Cluster, namespace: string): Promise<V1Secret | undefined> {
  const read = () => core.readNamespacedSecret({ name: ATTACH_SECRET, namespace });
  try {
    return await unlessAbsent(asking(read, undefined, FIRST_CONTACT_MS));
  } catch (error) {
    throw clusterError(`the Secret ${ATTACH_SECRET} of namespace ${namespace} cannot be read`, error);
  }
}

async function nothingThere({ core, config }: Cluster, namespace: string): Promise<Error> {
  const context = config.getCurrentContext();
  const found = await unlessAbsent(asking(() => core.readNamespace({ name: namespace }))).catch((error: unknown) => {
    // Without the right to read the namespace, the answer does not tell whether it exists.
    if (codeOf(error) === 403) return true;
    throw clusterError(`the lookup of namespace ${namespace} failed`, error);
  });
  if (!found) {
    const what = `there is no namespace ${namespace} in the cluster of context ${context}`;
    return blocked('space', `${what}: see kubectl get namespaces`);
  }
  const what = `the namespace ${namespace} (context ${context}) has no Secret ${ATTACH_SECRET}`;
  return blocked('space', `${what}: it holds no network that corda-compat config or up has written`);
}

export interface AttachedCells {
  readonly cells: readonly Cell[];
  readonly skipped: readonly { readonly cell: Cell; readonly reason: string }[];
}

/** Which cell of the matrix a namespace has the network of. @throws StepError blocked where it is none of them */
export async function attachedCells(
  cells: readonly Cell[],
  { namespace, env }: { readonly namespace: string; readonly env: NodeJS.ProcessEnv },
): Promise<AttachedCells> {
  const { cell: written } = await readAttached(await clusterAt(clusterAddressOf(env)), namespace);
  const own = cells.filter(({ name }) => name === written);
  if (own.length === 0) {
    const names = cells.map(({ name }) => name).join(', ');
    const what = `namespace ${namespace} has the network of ${written}`;
    throw blocked('space', `${what}, which is no cell of the matrix: ${names}`);
  }
  const reason = `namespace ${namespace} (COMPAT_ATTACH) has the network of ${written}`;
  const skipped = cells.filter(({ name }) => name !== written).map((cell) => ({ cell, reason }));
  return { cells: own.map(withoutLifecycle), skipped };
}

/** The maker of the network runs its nodes: a run that attaches does not stop them. */
function withoutLifecycle(cell: Cell): Cell {
  return { ...cell, workload: { ...cell.workload, lifecycle: false } };
}

/**
 * Looks into the Pods of a network that is attached to; their consoles go into the evidence as they come.
 * @param evidence folder of the cell's evidence
 */
export async function readPods(
  { cluster, namespace, watch, document }: Pick<Attached, 'cluster' | 'namespace' | 'watch' | 'document'>,
  evidence: string,
): Promise<NodeReader & { stop(): Promise<void> }> {
  const consoles = new Map<string, { readonly follower: ConsoleFollower; readonly log: ConsoleLog }>();
  for (const { resident: id } of document.workloads) {
    const file = join(evidence, id, CONSOLE_LOG);
    await mkdir(join(evidence, id), { recursive: true });
    const follower = followConsole(cluster, namespace, file);
    consoles.set(id, { follower, log: new ConsoleLog(file) });
    for (const pod of watch.pods(id)) follower.see(pod, false);
  }
  watch.onPod((pod, gone) => {
    consoles.get(pod.metadata?.labels?.[K8S_LABEL.process] ?? '')?.follower.see(pod, gone);
  });

  const ask = async (id: string, action: 'read' | 'list', path: string): Promise<Buffer | undefined> => {
    const inside = insideBase(id, path);
    const pod = watch.pods(id).find(isMainRunning)?.metadata?.name;
    // Nothing is put into the cluster to read the files of what does not run.
    if (pod === undefined) return undefined;
    const command = filesCommand(action, inside === '' ? '.' : inside);
    const request = { namespace, pod, container: MAIN_CONTAINER, command };
    return contentOf(await asking(() => execInPod(cluster, request)), `${path} of ${id}`);
  };
  return {
    logs: async (_space, id, offset = 0) => (await consoles.get(id)?.log.read(offset)) ?? '',
    // The console is in the evidence already.
    readFile: async (_space, id, path) => (path === CONSOLE_LOG ? undefined : await ask(id, 'read', path)),
    listFiles: async (_space, id, folder) => namesIn(await ask(id, 'list', folder)),
    stop: async () => void (await Promise.all([...consoles.values()].map(({ follower }) => follower.stop()))),
  };
}

/** 2: drivers take their token in a header of its own. 3: nodes name their release. 4: and what they call their CorDapps. */
const FORMAT = 4;

const access = z.object({ url: z.string(), user: z.string(), password: z.string() });

const node = z.object({
  id: z.string(),
  party: z.string(),
  release: z.string(),
  notary: z.boolean(),
  validating: z.boolean().exactOptional(),
  notarisesAs: z.string().exactOptional(),
  cordapps: z
    .array(z.object({ name: z.string(), sha256: z.string(), signed: z.boolean(), inLog: z.string().exactOptional() }))
    .readonly()
    .exactOptional(),
  keepsRefusals: z.boolean(),
});

/** As the driver is told of it: addresses inside the namespace. */
const connection = z.object({
  id: z.string(),
  party: z.string(),
  rpc: z.string(),
  user: z.string(),
  password: z.string(),
  database: access,
  jolokia: z.string().exactOptional(),
});

const driver = z.object({ id: z.string(), port: z.number(), token: z.string(), nodes: z.array(connection) });

const workload = z.object({ resident: z.string(), name: z.string(), kind: z.enum(WORKLOAD_KINDS) });

const release = z.object({
  release: z.string(),
  version: z.string().exactOptional(),
  origin: z.string().exactOptional(),
  commit: z.string().exactOptional(),
  sha256: z.string().exactOptional(),
  java: z.string().exactOptional(),
  cordapps: z.array(z.object({ name: z.string(), sha256: z.string(), origin: z.string() })),
});

const schema = z.object({
  format: z.literal(FORMAT),
  cell: z.string(),
  nodes: z.array(node),
  drivers: z.array(driver),
  workloads: z.array(workload),
  /** Reports of the cell's releases. */
  releases: z.array(release),
});

/** All that a harness needs to use a network that it did not make. */
export type AttachDocument = Omit<z.infer<typeof schema>, 'format'>;

export function writeAttachDocument(document: AttachDocument): string {
  return `${JSON.stringify({ format: FORMAT, ...document }, undefined, 2)}\n`;
}

/** @throws Error that says what is wrong with it */
export function readAttachDocument(text: string): AttachDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const format = z.object({ format: z.unknown().optional() }).safeParse(value).data?.format;
  if (format !== FORMAT) {
    throw new Error(`its format is ${JSON.stringify(format)}, this version reads ${FORMAT}: write it again`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
