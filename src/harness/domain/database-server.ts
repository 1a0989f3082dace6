/** A PostgreSQL server on which the harness may make databases and roles. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Only to log in to; nothing is made in it. */
  readonly database: string;
  /** How nodes reach it, where that is another address. */
  readonly inside?: { readonly host: string; readonly port: number };
}

const DEFAULT_PORT = 5432;

/**
 * Reads `postgresql://user:password@host:port/database`.
 * @throws Error that says what is wrong, without the password
 */
export function parseDatabaseServer(text: string): DatabaseServer {
  const shape = 'must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) throw new Error(shape);
  if (url.username === '') throw new Error(`${shape}; it names no user`);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
  };
}

/** For people: `user@host:port`. */
export function shownServer({ user, host, port }: DatabaseServer): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
