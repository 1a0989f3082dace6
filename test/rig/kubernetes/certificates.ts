import { execa } from 'execa';
import { generateKeyPair, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { keyFile, NETWORK, NODE, type ClusterPlan } from './plan.ts';

/** Who has a key and a certificate. Kubernetes knows everybody by the name in it, and groups by its organisations. */
interface Owner {
  readonly name: string;
  /** `/O=group/CN=name` */
  readonly subject: string;
  readonly by?: string;
  /** `IP:…` and `DNS:…` of a server. */
  readonly hosts?: readonly string[];
  readonly days?: number;
}

const DAYS = 30;
const AUTHORITIES = ['ca', 'front-ca'];
const SERVICE = 'kubernetes.default.svc';
const OWNERS: readonly Owner[] = [
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'controllers', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'proxy', subject: '/CN=system:kube-proxy' },
  { name: 'dns', subject: '/CN=rig-dns' },
  { name: 'provisioner', subject: '/CN=rig-provisioner' },
  {
    name: 'kubelet',
    subject: `/O=system:nodes/CN=system:node:${NODE}`,
    hosts: [`IP:${NETWORK.address}`, `DNS:${NODE}`],
  },
  {
    name: 'api',
    subject: '/O=system:masters/CN=kube-apiserver',
    hosts: [
      ...[`IP:${NETWORK.address}`, `IP:${NETWORK.api}`],
      ...['kubernetes', 'kubernetes.default', SERVICE, `${SERVICE}.cluster.local`].map((host) => `DNS:${host}`),
    ],
  },
  // With which the API server calls on others in the name of a user.
  { name: 'front', subject: '/CN=front-proxy-client', by: 'front-ca' },
];

/** All keys and certificates that a cluster needs before it is started. */
export async function makeCertificates(plan: ClusterPlan): Promise<void> {
  const folder = dirname(keyFile(plan, 'ca', 'key'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Otherwise openssl takes the machine's own settings, which may be anything.
  await writeFile(join(folder, 'openssl.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n');
  const serviceAccounts = promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(async (pair) => {
    await writeKey(plan, 'service-accounts', pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(keyFile(plan, 'service-accounts', 'pub'), pair.publicKey.export({ type: 'spki', format: 'pem' }));
  });
  await Promise.all(AUTHORITIES.map((name) => makeAuthority(plan, name)));
  await Promise.all([serviceAccounts, ...OWNERS.map((owner) => makeCertificate(plan, owner))]);
}

/** A user of the API without any right but to say who it is. `expired`: its certificate's time is over. */
export async function makeUser(plan: ClusterPlan, user: string, { expired = false } = {}): Promise<string> {
  const name = `user-${user}${expired ? '-expired' : ''}`;
  await makeCertificate(plan, { name, subject: `/CN=${user}`, ...(expired ? { days: -1 } : {}) });
  return name;
}

async function makeAuthority(plan: ClusterPlan, name: string): Promise<void> {
  await newKey(plan, name);
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,digitalSignature'];
  const args = ['-x509', '-subj', `/CN=rig-${name}`, '-days', `${DAYS}`, '-out', keyFile(plan, name, 'crt')];
  await request(plan, name, [...args, ...extensions.flatMap((extension) => ['-addext', extension])]);
}

async function makeCertificate(
  plan: ClusterPlan,
  { name, subject, by = 'ca', hosts, days = DAYS }: Owner,
): Promise<void> {
  await newKey(plan, name);
  const extensions = ['keyUsage=digitalSignature', `extendedKeyUsage=clientAuth${hosts ? ',serverAuth' : ''}`];
  const extensionFile = join(plan.root, 'keys', `${name}.ext`);
  await writeFile(
    extensionFile,
    [...extensions, ...(hosts ? [`subjectAltName=${hosts.join(',')}`] : []), ''].join('\n'),
  );
  await execa(
    'openssl',
    [
      ...['x509', '-req', '-CA', keyFile(plan, by, 'crt'), '-CAkey', keyFile(plan, by, 'key')],
      // A number of its own: a file to count in would be shared by all that are made at once.
      ...['-set_serial', `0x${randomBytes(8).toString('hex')}`, '-days', `${days}`],
      ...['-extfile', extensionFile, '-out', keyFile(plan, name, 'crt')],
    ],
    { input: await request(plan, name, ['-subj', subject]) },
  );
}

async function request(plan: ClusterPlan, name: string, args: readonly string[]): Promise<string> {
  const settings = join(plan.root, 'keys', 'openssl.cnf');
  const { stdout } = await execa('openssl', [
    ...['req', '-config', settings, '-new', '-sha256', '-key', keyFile(plan, name, 'key')],
    ...args,
  ]);
  return stdout;
}

async function newKey(plan: ClusterPlan, name: string): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'prime256v1' });
  await writeKey(plan, name, privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

async function writeKey(plan: ClusterPlan, name: string, key: string | Buffer): Promise<void> {
  await writeFile(keyFile(plan, name, 'key'), key, { mode: 0o600 });
}

/** In PEM. */
export async function pemOf(plan: ClusterPlan, name: string, kind: 'key' | 'crt'): Promise<string> {
  return await readFile(keyFile(plan, name, kind), 'utf8');
}
