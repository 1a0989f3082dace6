import type { V1Secret } from '@kubernetes/client-node';
import type { Placed } from './workload.ts';

/** Tells whoever may read it how to use the network of its namespace. */
export const ATTACH_SECRET = 'corda-compat-attach';
const KEY = 'network.json';

export function attachManifest(text: string, { namespace, labels }: Placed): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: ATTACH_SECRET, namespace, labels: { ...labels } },
    data: { [KEY]: Buffer.from(text).toString('base64') },
  };
}

/** @returns what it says; `undefined` where it has no such key */
export function attachText({ data }: V1Secret): string | undefined {
  const value = data?.[KEY];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
