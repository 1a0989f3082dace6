/** Address of a Prometheus push gateway that gets the figures of each cell. */
export const GATEWAY_VARIABLE = 'COMPAT_PUSH_GATEWAY';

/** @throws Error where it is no address. It is not shown: it may have a password. */
export function pushGateway(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const address = env[GATEWAY_VARIABLE];
  if (!address) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return address;
  throw new Error('must be the address of a push gateway, for example http://gateway.example:9091');
}
