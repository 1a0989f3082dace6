import Docker from 'dockerode';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRegistry, type Registry } from '../../src/harness/images/registry.ts';

/** Label of all that the first attempt's way makes in the engine, half done or done. */
export const BENCH_LABEL = 'corda-compat.bench';
/** Below the registry: nobody else's images are there. */
const OURS = 'corda-compat-bench';
const MANIFESTS = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
].join(', ');

/** The engine and the registry that both ways use. */
export interface Store {
  readonly engine: Docker;
  readonly registry: Registry;
  /** Before the names of a way's images. */
  prefix(way: 'ours' | 'first'): string;
  /** What programs are told of engine and registry. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes from engine and registry all images of both ways, also those of a bench that was killed. */
  tidy(): Promise<void>;
}

/** By the environment, as `corda-compat build` finds them. @throws Error where there are none */
export async function openStore(folder: string): Promise<Store> {
  const of = (name: string): string => process.env[name] ?? '';
  const [host, registryName] = [of('DOCKER_HOST'), of('COMPAT_REGISTRY')];
  const [user, password] = [of('COMPAT_REGISTRY_USER'), of('COMPAT_REGISTRY_PASSWORD')];
  if (!host.startsWith('unix://') || registryName === '' || user === '') {
    throw new Error(
      'DOCKER_HOST (unix://…), COMPAT_REGISTRY and its user and password are needed: eval "$(test/rig/up)"',
    );
  }
  const engine = new Docker({ socketPath: host.slice('unix://'.length) });
  const registry = parseRegistry(registryName);
  const authorization = Buffer.from(`${user}:${password}`).toString('base64');
  const config = join(folder, 'docker');
  await mkdir(config);
  await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth: authorization } } }));
  const base = `${registry.prefix}/${OURS}`;
  const basesBefore = new Set(await ownBases(engine));
  return {
    engine,
    registry,
    prefix: (way) => `${base}/${way}`,
    env: { DOCKER_HOST: host, DOCKER_CONFIG: config },
    tidy: async () => {
      const names = (await namesOf(engine)).filter((name) => name.startsWith(`${base}/`));
      // One after the other: two names of one image that go at once leave it without any.
      for (const name of names) await engine.getImage(name).remove({ force: true });
      for (const name of names) await unpublish(name, { registry, authorization: `Basic ${authorization}` });
      const half = await engine.listImages({ filters: { dangling: ['true'], label: [BENCH_LABEL] } });
      for (const { Id } of half) await engine.getImage(Id).remove({ force: true });
      // One that was there before is somebody else's as well.
      const bases = (await ownBases(engine)).filter((name) => !basesBefore.has(name));
      for (const name of bases) await engine.getImage(name).remove();
    },
  };
}

async function namesOf(engine: Docker): Promise<readonly string[]> {
  return (await engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
}

async function ownBases(engine: Docker): Promise<readonly string[]> {
  return (await namesOf(engine)).filter((name) => name.startsWith('corda-compat-base:'));
}

/** The name only: what a registry's blobs take is given back by its own garbage collection. Some registries refuse. */
async function unpublish(
  name: string,
  { registry: { host }, authorization }: { registry: Registry; authorization: string },
): Promise<void> {
  const at = name.lastIndexOf(':');
  const repository = name.slice(host.length + 1, at);
  const scheme = /^(localhost|127\.)/.test(host) ? 'http' : 'https';
  const url = (reference: string): string => `${scheme}://${host}/v2/${repository}/manifests/${reference}`;
  const headers = { authorization, accept: MANIFESTS };
  const found = await fetch(url(name.slice(at + 1)), { method: 'HEAD', headers });
  const digest = found.headers.get('docker-content-digest');
  if (digest !== null) await fetch(url(digest), { method: 'DELETE', headers });
}
