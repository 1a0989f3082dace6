import { execa } from 'execa';
import { access, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';

/** Paths, and the Debian packages that have them. */
type Packages = Readonly<Record<string, string>>;

export const DOCKER_PACKAGES: Packages = {
  '/usr/sbin/dockerd': 'docker.io',
  '/usr/bin/docker-registry': 'docker-registry',
  '/usr/bin/htpasswd': 'apache2-utils',
  '/usr/sbin/iptables': 'iptables',
  '/usr/sbin/ip': 'iproute2',
  '/usr/lib/postgresql': 'postgresql',
};
/** Of no rig: what planted faults want. */
export const CONTROL_PACKAGES: Packages = { '/usr/bin/faketime': 'faketime' };
/** Kubernetes itself is built. */
export const CLUSTER_PACKAGES: Packages = {
  '/usr/bin/etcd': 'etcd-server',
  '/usr/bin/containerd': 'containerd',
  '/usr/sbin/runc': 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/usr/sbin/iptables': 'iptables',
  '/usr/sbin/nft': 'nftables',
  '/usr/sbin/ip': 'iproute2',
  '/usr/bin/openssl': 'openssl',
  // What tests' pods run.
  '/bin/busybox': 'busybox-static',
};
const POLICY = '/usr/sbin/policy-rc.d';
const INSTALL_LIMIT_MS = 480_000;

/** Why no rig can be brought up here; `undefined` where one can, `packages` aside. */
export function cannotRun(): string | undefined {
  if (process.platform !== 'linux') return `a rig can only be started on Linux, not on ${process.platform}`;
  if (userInfo().uid !== 0) return 'starting a rig needs root';
  return undefined;
}

export async function missingPackages(packages: Packages): Promise<readonly string[]> {
  const found = await Promise.all(
    Object.entries(packages).map(async ([path, name]) => ((await has(path)) ? [] : [name])),
  );
  return found.flat();
}

/** Installs what is missing. None of its services is started; what runs already is not touched. */
export async function installPackages(packages: Packages, say: (text: string) => void): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  say(`installing ${missing.join(', ')}`);
  const ownPolicy = !(await has(POLICY));
  if (ownPolicy) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await apt('update');
    await apt('install', '--yes', '--no-install-recommends', ...missing);
  } finally {
    if (ownPolicy) await rm(POLICY, { force: true });
  }
}

async function apt(...args: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '--quiet', ...args], { env, timeout: INSTALL_LIMIT_MS });
}

async function has(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
