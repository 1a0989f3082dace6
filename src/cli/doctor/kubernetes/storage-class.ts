import type { V1StorageClass } from '@kubernetes/client-node';
import { nearest } from '../../../harness/matrix/nearest.ts';
import { asking, FIRST_CONTACT_MS } from '../../../harness/providers/kubernetes/api-error.ts';
import type { Cluster } from '../../../harness/providers/kubernetes/cluster.ts';
import type { Check } from '../check.ts';

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** The class that volumes of nodes would be of; or why there is none. */
export type ClassChoice =
  { readonly kind: 'class'; readonly words: string } | { readonly kind: 'none'; readonly check: Check };

/** @param named value of COMPAT_STORAGE_CLASS @param mayList whether this user may see which there are */
export async function chooseClass(
  { config, client }: Cluster,
  { named, mayList }: { readonly named: string | undefined; readonly mayList: boolean },
): Promise<ClassChoice> {
  if (!mayList) {
    const words = `${named ?? 'the default class'} (which classes there are is not for this user to see)`;
    return { kind: 'class', words };
  }
  const api = config.makeApiClient(client.StorageV1Api);
  return chosenOf((await asking(() => api.listStorageClass(), undefined, FIRST_CONTACT_MS)).items, named);
}

export function chosenOf(items: readonly V1StorageClass[], named: string | undefined): ClassChoice {
  const wanted = items.find((each) => (named === undefined ? isDefault(each) : each.metadata?.name === named));
  if (!wanted) return { kind: 'none', check: noClass(items, named) };
  const how = named === undefined ? 'the default' : 'COMPAT_STORAGE_CLASS';
  const words = `${wanted.metadata?.name} (${how}; ${wanted.provisioner}, ${wanted.volumeBindingMode ?? 'Immediate'})`;
  return { kind: 'class', words };
}

function isDefault({ metadata }: V1StorageClass): boolean {
  return metadata?.annotations?.[DEFAULT] === 'true';
}

function noClass(items: readonly V1StorageClass[], named: string | undefined): Check {
  const names = items.map(({ metadata }) => metadata?.name ?? '');
  const there = names.length === 0 ? 'the cluster has none' : `there are: ${names.join(', ')}`;
  const name = 'storage class';
  const first = (named === undefined ? undefined : nearest(named, names)) ?? names[0];
  const mend =
    first === undefined
      ? 'let an administrator install a storage provisioner and make a storage class'
      : `export COMPAT_STORAGE_CLASS=${first}`;
  if (named !== undefined) {
    return {
      name,
      state: 'missing',
      found: `there is no storage class ${named} (COMPAT_STORAGE_CLASS); ${there}`,
      mend,
    };
  }
  const found = `no storage class is the default, and COMPAT_STORAGE_CLASS names none; ${there}`;
  return { name, state: 'missing', found, mend };
}
