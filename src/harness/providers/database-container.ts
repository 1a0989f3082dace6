/** Of the space's database server: its name in the space's network, and of whatever a provider makes for it. */
export const DATABASE_ID = 'postgres';
export const DATABASE_PORT = 5432;
/** Of the public images of PostgreSQL on Debian. */
export const DATABASE_FOLDER = '/var/lib/postgresql/data';
export const DATABASE_LIMITS = { memoryMb: 512, cpus: 2 };

const CLUSTER = `${DATABASE_FOLDER}/cluster`;
const MADE = `${DATABASE_FOLDER}/made`;
const PASSWORD = `${DATABASE_FOLDER}/password`;

/**
 * The images' own entry point starts as root and needs rights that no container of ours has. Nothing in here outlives the
 * space, so nothing is synchronised to the disk. A server that is started again finds its data; what was half made when it
 * ended is made anew.
 */
const SCRIPT = [
  'set -e',
  `if [ ! -e ${MADE} ]; then`,
  `  rm -rf ${CLUSTER}`,
  `  printf %s "$DATABASE_PASSWORD" > ${PASSWORD}`,
  `  initdb -D ${CLUSTER} -U "$DATABASE_USER" -A scram-sha-256 --pwfile=${PASSWORD} --no-sync -E UTF8 --no-locale`,
  `  rm ${PASSWORD}`,
  `  echo 'host all all all scram-sha-256' >> ${CLUSTER}/pg_hba.conf`,
  `  : > ${MADE}`,
  'fi',
  `exec postgres -D ${CLUSTER} -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off`,
].join('\n');

export const DATABASE_COMMAND: readonly string[] = ['sh', '-c', SCRIPT];

/** What the command reads from its environment. */
export function databaseVariables({ user, password }: { readonly user: string; readonly password: string }) {
  return { DATABASE_USER: user, DATABASE_PASSWORD: password };
}
