import type { V1Secret } from '@kubernetes/client-node';
import type { Cell, NodeRole } from '../../domain/cell.ts';
import { blocked } from '../../domain/step-error.ts';
import { ATTACH_SECRET, attachText } from '../../manifests/attach.ts';
import { asking, clusterError, codeOf, FIRST_CONTACT_MS, unlessAbsent } from '../../providers/kubernetes/api-error.ts';
import type { Cluster } from '../../providers/kubernetes/cluster.ts';
import { readAttachDocument, type AttachDocument } from './attach-document.ts';

/** What the network of a namespace says of itself. @throws StepError blocked */
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
    // Who may not look at it cannot be told whether it is there.
    if (codeOf(error) === 403) return true;
    throw clusterError(`whether there is a namespace ${namespace} could not be seen`, error);
  });
  if (!found)
    return blocked(
      'space',
      `there is no namespace ${namespace} in the cluster of context ${context}: see kubectl get namespaces`,
    );
  return blocked(
    'space',
    `the namespace ${namespace} (context ${context}) has no Secret ${ATTACH_SECRET}: it holds no network that corda-compat config or up has written`,
  );
}
