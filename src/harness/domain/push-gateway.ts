import { variable, type Environment } from './environment.ts';

/** Address of a Prometheus push gateway that gets the figures of each cell. @throws Error where it is no address. It is not shown: it may have a password. */
export function pushGateway(env: Environment): string | undefined {
  const address = variable(env, 'COMPAT_PUSH_GATEWAY');
  if (!address) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return address;
  throw new Error('must be the address of a push gateway, for example http://gateway.example:9091');
}
