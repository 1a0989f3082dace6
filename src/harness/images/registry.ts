import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { blocked } from '../support/step-error.ts';
import type { RegistryAuth } from '../docker/engine-images.ts';
import { variable, type Environment } from '../config/variables.ts';

/** The registry of published images. */
export interface Registry {
  /** `host[:port]`, as Docker knows it. */
  readonly host: string;
  /** `host[:port][/path]`, before the names of repositories. */
  readonly prefix: string;
}

/**
 * Reads `registry.example:5000/team`.
 * @throws StepError blocked that says what is expected
 */
export function parseRegistry(text: string): Registry {
  const prefix = text.trim().replace(/\/+$/, '');
  const [host = '', ...path] = prefix.split('/');
  const local = host === 'localhost' || /[.:]/.test(host);
  const isPath = path.every((part) => /^[a-z0-9]+([._-]+[a-z0-9]+)*$/.test(part));
  if (!local || !/^[a-z0-9.-]+(:\d+)?$/i.test(host) || !isPath) {
    const example = 'expected host[:port][/path] without https://, for example registry.example:5000/team';
    const rule = 'a host has a dot or a port, a path small letters';
    throw blocked('build', `COMPAT_REGISTRY ${JSON.stringify(text)} is no registry: ${example}; ${rule}`);
  }
  return { host, prefix };
}

const configSchema = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
type DockerConfig = z.infer<typeof configSchema>;

const helperSchema = z.object({ Username: z.string(), Secret: z.string() });
const HELPER_LIMIT_MS = 30_000;
/** Docker's name for the password of its own hub. */
const HUB = 'https://index.docker.io/v1/';

/**
 * User and password for a registry: COMPAT_REGISTRY_USER/_PASSWORD for COMPAT_REGISTRY, otherwise those of `docker
 * login`, from its file or its helpers. `undefined` if there are none.
 *
 * @throws StepError blocked when what is there cannot be read
 */
export async function authFor(host: string, env: Environment): Promise<RegistryAuth | undefined> {
  const username = variable(env, 'COMPAT_REGISTRY_USER');
  const password = variable(env, 'COMPAT_REGISTRY_PASSWORD');
  if (username && variable(env, 'COMPAT_REGISTRY')?.split('/')[0] === host) {
    if (!password)
      throw blocked('build', 'COMPAT_REGISTRY_USER is set, but not COMPAT_REGISTRY_PASSWORD: set both, or none');
    return { username, password, serveraddress: host };
  }
  const file = join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json');
  const config = await readConfig(file);
  return config && (await authIn(config, { host, file, env }));
}

async function readConfig(file: string): Promise<DockerConfig | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw blocked('build', `${file} cannot be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    const advice = 'correct it, or set COMPAT_REGISTRY_USER and _PASSWORD';
    throw blocked('build', `${file} does not have the form of docker login: ${advice}`);
  }
}

async function authIn(
  { auths = {}, credsStore, credHelpers = {} }: DockerConfig,
  { host, file, env }: { host: string; file: string; env: Environment },
): Promise<RegistryAuth | undefined> {
  const names = host === 'docker.io' ? [HUB, host] : [host, `https://${host}`, `https://${host}/`, `http://${host}`];
  const helper = names.map((name) => credHelpers[name]).find((name) => name !== undefined) ?? credsStore;
  if (helper) {
    const kept = await askHelper(helper, names, env);
    if (kept) return { ...kept, serveraddress: host };
  }
  const entry = names.map((name) => auths[name]).find((found) => found?.auth || found?.identitytoken);
  if (!entry) return undefined;
  const login = Buffer.from(entry.auth ?? '', 'base64').toString('utf8');
  const [username = '', ...password] = login.split(':');
  if (entry.identitytoken) return { username, identitytoken: entry.identitytoken, serveraddress: host };
  if (password.length === 0)
    throw blocked('build', `${file}: the entry of ${host} cannot be read: run docker login ${host}`);
  return { username, password: password.join(':'), serveraddress: host };
}

/** Docker's protocol: the address to standard input, JSON to standard output, a status when there is nothing. */
async function askHelper(helper: string, names: readonly string[], env: Environment) {
  for (const input of names) {
    const options = { input, reject: false, timeout: HELPER_LIMIT_MS, env: { ...env }, extendEnv: false } as const;
    const { stdout, code } = await execa(`docker-credential-${helper}`, ['get'], options);
    if (code === 'ENOENT') {
      const what = `docker-credential-${helper}, which the Docker config names, is not installed`;
      const advice = 'install it, or set COMPAT_REGISTRY_USER and COMPAT_REGISTRY_PASSWORD';
      throw blocked('build', `${what}: ${advice}`);
    }
    const found = helperSchema.safeParse(parsed(stdout));
    if (!found.success) continue;
    const { Username: username, Secret: secret } = found.data;
    return username === '<token>' ? { identitytoken: secret } : { username, password: secret };
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
