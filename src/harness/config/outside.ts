import { variable, type Environment } from './variables.ts';

/** A PostgreSQL server on which the harness may make databases and roles. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The role to log in with; the harness makes nothing in it. */
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

/** Address of a Prometheus push gateway that gets the figures of each cell. @throws Error where it is no address. It is not shown: it may have a password. */
export function pushGateway(env: Environment): string | undefined {
  const address = variable(env, 'COMPAT_PUSH_GATEWAY');
  if (!address) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return address;
  throw new Error('must be the address of a push gateway, for example http://gateway.example:9091');
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads `team-a,team-b`; nothing where it is not set. @throws Error that says what is wrong with which name, and what to do */
export function givenNamespaces(env: Environment): readonly string[] | undefined {
  const text = variable(env, 'COMPAT_NAMESPACES');
  if (!text) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined) {
    const shape = 'must be names of namespaces with commas between them: small letters, digits and dashes, at most 63';
    throw new Error(`${shape}; ${JSON.stringify(wrong)} is none`);
  }
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`must name each namespace once; ${twice} is there twice`);
  if (variable(env, 'COMPAT_NAMESPACE')) {
    throw new Error(
      `cannot stand beside COMPAT_NAMESPACE, which names namespaces that cells make: unset one of the two`,
    );
  }
  return names;
}
