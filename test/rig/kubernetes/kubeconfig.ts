import { dump } from 'js-yaml';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pemOf } from './certificates.ts';
import { apiAddress, kubeconfigFile, type ClusterPlan } from './plan.ts';

const NAME = 'rig';

/** Who talks to the API server: each program as a user of its own, with the rights that Kubernetes gives to its name. */
const USERS = ['admin', 'controllers', 'scheduler', 'proxy', 'dns', 'provisioner', 'kubelet'];

export async function writeKubeconfigs(plan: ClusterPlan): Promise<void> {
  await Promise.all(USERS.map((user) => writeKubeconfig(plan, user)));
}

/** Says where the cluster is and lets in who has this certificate; names no other file. @returns its path */
export async function writeKubeconfig(plan: ClusterPlan, user: string): Promise<string> {
  const [authority, certificate, key] = await Promise.all([
    pemOf(plan, 'ca', 'crt'),
    pemOf(plan, user, 'crt'),
    pemOf(plan, user, 'key'),
  ]);
  const path = kubeconfigFile(plan, user);
  const text = dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': NAME,
    contexts: [{ name: NAME, context: { cluster: NAME, user } }],
    clusters: [{ name: NAME, cluster: { server: apiAddress(plan), 'certificate-authority-data': base64(authority) } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
