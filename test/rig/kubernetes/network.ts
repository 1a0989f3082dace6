import { execa } from 'execa';
import { readdir } from 'node:fs/promises';
import { FORWARDING, setTo } from '../kernel-settings.ts';
import { NETWORK } from './plan.ts';

/** What the kubelet, kube-proxy and we change. Some do not exist in some kernels. */
export const CHANGED_SETTINGS = [
  FORWARDING,
  ...['net/bridge/bridge-nf-call-iptables', 'net/ipv4/conf/all/route_localnet', 'fs/inotify/max_user_instances'],
  ...['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'],
  ...['kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes'],
];
/** Docker makes a machine drop what is not its own: pods must be let through. */
const RULES = ['-i', '-o'].map((way) => {
  return ['FORWARD', way, NETWORK.bridge, '-m', 'comment', '--comment', NETWORK.bridge, '-j', 'ACCEPT'];
});
const FAMILIES = ['ip', 'ip6'];
/** Of kube-proxy. */
const TABLE = 'kube-proxy';

/** Why there can be no cluster beside what this machine has already. */
export async function networkTaken(): Promise<string | undefined> {
  const tables = await proxyTables();
  return tables.length === 0
    ? undefined
    : `another cluster's kube-proxy has rules here (nft table ${tables.join(', ')}): take that cluster down first`;
}

/** A bridge with the address of the node, to which pods will be connected. */
export async function makeNetwork(): Promise<void> {
  await setTo(FORWARDING, '1');
  // Of a service that is asked for by a pod and lies in another one, answers come back over the bridge.
  await setTo('net/bridge/bridge-nf-call-iptables', '1').catch(ignoreAbsent);
  await setTo('fs/inotify/max_user_instances', '1024');
  await execa('ip', ['link', 'add', NETWORK.bridge, 'type', 'bridge']);
  await execa('ip', ['address', 'add', `${NETWORK.address}/24`, 'dev', NETWORK.bridge]);
  await execa('ip', ['link', 'set', NETWORK.bridge, 'up']);
  for (const rule of RULES) await execa('iptables', ['-w', '-I', ...rule]);
}

/** Removes the bridge, pods' ends of it, and rules; and kube-proxy's, which may be another cluster's where there is none of ours. */
export async function removeNetwork({ proxied }: { proxied: boolean }): Promise<void> {
  for (const name of await links()) await execa('ip', ['link', 'delete', name], { reject: false });
  for (const rule of await rules()) await execa('iptables', ['-w', '-D', ...rule]);
  for (const family of proxied ? await proxyTables() : []) await execa('nft', ['delete', 'table', family, TABLE]);
}

/** For people. */
export async function networkRemains({ proxied }: { proxied: boolean }): Promise<readonly string[]> {
  return [
    ...(await links()).map((name) => `network link ${name}`),
    ...(await rules()).map((rule) => `iptables ${rule.join(' ')}`),
    ...(proxied ? await proxyTables() : []).map((family) => `nft table ${family} ${TABLE}`),
  ];
}

/** The bridge last. */
async function links(): Promise<readonly string[]> {
  const all = await readdir('/sys/class/net');
  if (!all.includes(NETWORK.bridge)) return [];
  return [...(await readdir(`/sys/class/net/${NETWORK.bridge}/brif`)), NETWORK.bridge];
}

async function rules(): Promise<readonly (readonly string[])[]> {
  const found = await Promise.all(
    RULES.map(async (rule) => {
      const { exitCode } = await execa('iptables', ['-w', '-C', ...rule], { reject: false });
      return exitCode === 0 ? [rule] : [];
    }),
  );
  return found.flat();
}

/** Families that have the table. */
async function proxyTables(): Promise<readonly string[]> {
  const { stdout } = await execa('nft', ['list', 'tables'], { reject: false });
  return FAMILIES.filter((family) => stdout?.split('\n').includes(`table ${family} ${TABLE}`));
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
