import type { Dispatcher } from 'undici';
import type { Environment } from '../config/variables.ts';
import { blocked } from '../support/step-error.ts';
import { plainPassword } from './maven-password.ts';
import { mavenSettings, type MavenProxy } from './maven-settings.ts';

/** How this machine asks servers: directly, or by the proxies that its user names. */
export interface Web {
  readonly fetch: typeof fetch;
  /** Where proxies are named, for messages: `HTTPS_PROXY, NO_PROXY`. Absent where none is. */
  readonly proxies?: string;
}

/** Without any proxy. */
export const DIRECTLY: Web = { fetch };

/** The proxies of the environment, else those of settings.xml. @throws StepError blocked for one that is no address */
export async function findWeb(env: Environment): Promise<Web> {
  return (await byEnvironment(env)) ?? (await bySettings(env)) ?? DIRECTLY;
}

/** Loaded here: most runs ask no proxy, and Node's own `fetch` takes agents of its own version alone. */
const undici = () => import('undici');

/** Proxies refuse tunnels to ports of plain HTTP; they want to be asked. */
const HOW = { proxyTunnel: false } as const;

async function byEnvironment(env: Environment): Promise<Web | undefined> {
  const find = (...names: string[]) => names.flatMap((name) => [name, name.toUpperCase()]).find((name) => env[name]);
  const [http, https, not] = [find('http_proxy', 'all_proxy'), find('https_proxy', 'all_proxy'), find('no_proxy')];
  const named = [http, https].filter((name) => name !== undefined);
  if (named.length === 0) return undefined;
  const address = (name: string | undefined): string => (name === undefined ? '' : proxyAddress(env[name] ?? '', name));
  const proxies = { httpProxy: address(http), httpsProxy: address(https), noProxy: (not && env[not]) ?? '' };
  const { EnvHttpProxyAgent } = await undici();
  const names = new Set([...named, ...(not === undefined ? [] : [not])]);
  return await webBy(new EnvHttpProxyAgent({ ...proxies, ...HOW }), [...names].join(', '));
}

async function bySettings(env: Environment): Promise<Web | undefined> {
  // Whoever needs more of an unreadable file is told: its mirrors.
  const settings = await mavenSettings(env).catch(() => undefined);
  if (!settings || settings.proxies.length === 0) return undefined;
  const { file, proxies } = settings;
  const all = await Promise.all(
    proxies.map(async (proxy) => ({ ...proxy, address: await addressOf(proxy, file, env) })),
  );
  const { Agent, Pool, ProxyAgent } = await undici();
  const factory = (origin: string | URL, options: object): Dispatcher => {
    const uri = proxyFor(new URL(origin), all)?.address;
    return uri === undefined ? new Pool(origin, options) : new ProxyAgent({ uri, ...HOW });
  };
  return await webBy(new Agent({ factory }), file);
}

async function webBy(dispatcher: Dispatcher, proxies: string): Promise<Web> {
  const { fetch: fetchBy } = await undici();
  const by = (url: string, init: object) => fetchBy(url, { ...init, dispatcher });
  return { fetch: by as unknown as typeof fetch, proxies };
}

async function addressOf(proxy: MavenProxy, file: string, env: Environment): Promise<string> {
  const { host, port, username, password } = proxy;
  const plain = await plainPassword(password, `proxy ${host} of ${file}`, env);
  const user = username ? `${encodeURIComponent(username)}:${encodeURIComponent(plain)}@` : '';
  return proxyAddress(`http://${user}${host}:${port}`, file);
}

/** As Maven chooses: by the protocol of the address, and for https one of http where there is no other. */
export function proxyFor<T extends Pick<MavenProxy, 'protocol' | 'nonProxyHosts'>>(
  { protocol, hostname }: URL,
  proxies: readonly T[],
): T | undefined {
  const open = proxies.filter(({ nonProxyHosts }) => !isAmong(hostname, nonProxyHosts));
  const of = (name: string): T | undefined => open.find((proxy) => proxy.protocol.toLowerCase() === name);
  return of(protocol.replace(':', '')) ?? of('http');
}

function isAmong(host: string, patterns: string): boolean {
  const inExpression = (pattern: string): string => pattern.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return patterns
    .split(/[|,\s]+/)
    .some((pattern) => pattern !== '' && new RegExp(`^${inExpression(pattern)}$`, 'i').test(host));
}

/** @param from for the message, which does not show the address: it may hold a password */
function proxyAddress(text: string, from: string): string {
  const address = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(address) && /^(https?|socks5?):$/.test(new URL(address).protocol)) return address;
  throw blocked('resolve', `${from} is no address of a proxy. Write one like http://proxy.example:3128.`);
}
