import Docker from 'dockerode';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from '../daemon.ts';
import { freePort } from '../free-port.ts';
import { cgroupOf } from '../remains.ts';

const NETWORKS = ['--bip', '10.213.0.1/24', '--default-address-pool', 'base=10.214.0.0/16,size=26'];
/** One that only holds images; it removes the bridge of every engine of its network. */
const NO_NETWORKS = ['--bridge', 'none', '--iptables=false', '--ip6tables=false'];

export interface RegistryAccess {
  readonly address: string;
  readonly user: string;
  readonly password: string;
}

/** Starts an engine with all that is its own below `root`. Resolves with its `DOCKER_HOST` when it answers. */
export async function startEngine(root: string, { networks = true } = {}): Promise<string> {
  const host = `unix://${engineSocket(root)}`;
  const configuration = join(root, 'daemon.json');
  await writeFile(configuration, '{}\n');
  const args = [
    ...['--config-file', configuration, '--data-root', join(root, 'data'), '--exec-root', join(root, 'exec')],
    ...['--pidfile', join(root, 'docker.pid'), '--host', host],
    ...(networks ? NETWORKS : NO_NETWORKS),
    ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${cgroupOf(root)}`],
  ];
  const dockerd = '/usr/sbin/dockerd';
  // So one without networks gets a network of its own, where there is no other engine.
  const program = networks ? { file: dockerd, args } : { file: '/usr/bin/unshare', args: ['--net', dockerd, ...args] };
  await startDaemon({ name: 'dockerd', ...program, root }, async () => {
    return (await engineAnswers(host)) ? undefined : `${host} does not answer`;
  });
  return host;
}

export function engineSocket(root: string): string {
  return join(root, 'docker.sock');
}

export async function engineAnswers(host: string): Promise<boolean> {
  if (!host.startsWith('unix://')) return false;
  return await new Docker({ socketPath: host.slice('unix://'.length) }).ping().then(
    () => true,
    () => false,
  );
}

/** Starts a registry with one user on a free port of the loopback. Resolves when it asks for that user's password. */
export async function startRegistry(root: string): Promise<RegistryAccess> {
  const access = {
    address: `127.0.0.1:${await freePort()}`,
    user: 'compat',
    password: randomBytes(12).toString('hex'),
  };
  const passwords = join(root, 'htpasswd');
  const { stdout } = await execa('htpasswd', ['-niB', access.user], { input: access.password });
  await writeFile(passwords, `${stdout.trim()}\n`, { mode: 0o600 });
  const configuration = join(root, 'registry.yml');
  await writeFile(configuration, registryConfiguration({ root, passwords, address: access.address }));
  const args = ['serve', configuration];
  await startDaemon({ name: 'docker-registry', file: '/usr/bin/docker-registry', args, root }, async () => {
    return (await registryAnswers(access)) ? undefined : `${access.address} does not answer`;
  });
  return access;
}

export async function registryAnswers({ address, user, password }: RegistryAccess): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const answer = await fetch(`http://${address}/v2/`, { headers: { authorization } }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

function registryConfiguration(of: { root: string; passwords: string; address: string }): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(of.root, 'registry') }, delete: { enabled: true } },
    http: { addr: of.address },
    auth: { htpasswd: { realm: 'rig', path: of.passwords } },
  });
}
