import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { withServer } from '../../src/harness/databases/server.ts';
import { parseDatabaseServer, type DatabaseServer } from '../../src/harness/config/outside.ts';
import { LOOPBACK } from '../../src/harness/support/ports.ts';
import { freePort } from './free-port.ts';
import { describeNeeding } from './one-file-at-a-time.ts';

/** Debian's place for it, one folder a version. */
const VERSIONS = '/usr/lib/postgresql';

/** A real PostgreSQL server of a test's own, on the loopback or another address of this machine, with one superuser. */
export interface PostgresRig extends AsyncDisposable {
  /** As `COMPAT_POSTGRES` wants it. */
  readonly url: string;
  readonly server: DatabaseServer;
  /** Databases and roles that are neither the server's own nor templates. */
  ours(): Promise<readonly string[]>;
  templates(): Promise<readonly string[]>;
  /** Ends it without a word to anybody, as a crash does. */
  stop(): Promise<void>;
}

/** Tests on a real server. */
export function describeWithPostgres(name: string, tests: () => void): void {
  describeNeeding(existsSync(VERSIONS) ? undefined : `no PostgreSQL in ${VERSIONS}: run test/rig/up`, name, tests);
}

/** @param address of this machine, where it is to be reached from elsewhere */
export async function postgresRig(address = LOOPBACK): Promise<PostgresRig> {
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-postgres-'));
  const password = randomBytes(12).toString('hex');
  const as = await serverUser();
  await chown(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password);
  await chown(passwordFile, as.uid, as.gid);
  const run = async (program: string, ...args: string[]) => {
    // Its output must not be waited for: the server keeps it open.
    await execa(await programFile(program), args, { ...as, cwd: folder, stdio: 'ignore' });
  };
  await run('initdb', '-D', data, '-U', 'admin', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`);
  await appendFile(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');
  const port = await freePort();
  const options = `-p ${port} -h ${address} -k ${folder} -c fsync=off`;
  const log = join(folder, 'log');
  await run('pg_ctl', 'start', '-D', data, '-w', '-t', '60', '-l', log, '-o', options);
  const url = `postgresql://admin:${password}@${address}:${port}/postgres`;
  const server = parseDatabaseServer(url);
  let running = true;
  const stop = async (): Promise<void> => {
    if (running) await run('pg_ctl', 'stop', '-D', data, '-m', 'immediate', '-w');
    running = false;
  };
  const names = async (): Promise<readonly string[]> => {
    const query =
      "select datname as name from pg_database union select rolname from pg_roles where rolname !~ '^(pg_|admin$)'";
    const { rows } = await withServer(server, (client) => client.query<{ name: string }>(query));
    return rows.map(({ name }) => name).filter((name) => !/^(postgres|template[01]|corda_compat_nodes)$/.test(name));
  };
  const isTemplate = (name: string): boolean => /^corda_compat_template_[0-9a-f]+$/.test(name);
  return {
    url,
    server,
    ours: async () => (await names()).filter((name) => !isTemplate(name)),
    templates: async () => (await names()).filter(isTemplate),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server refuses to run as root. */
async function serverUser(): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid };
  const id = async (option: string) => Number((await execa('id', [option, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function programFile(name: string): Promise<string> {
  return join(VERSIONS, await newestPostgres(name), 'bin', name);
}

/** The newest version that has this program. @throws Error where there is none */
export async function newestPostgres(program: string): Promise<string> {
  const versions = (await readdir(VERSIONS)).sort((a, b) => Number(b) - Number(a));
  const newest = versions.find((version) => existsSync(join(VERSIONS, version, 'bin', program)));
  if (newest === undefined) throw new Error(`no ${program} in ${VERSIONS}: run test/rig/up`);
  return newest;
}
