import { expect, test } from 'vitest';

/**
 * Newer versions of some of these crash on Node 20 when they are imported, without saying so in `engines`. So each of
 * the pinned set is imported here, on this Node, and must have the one thing that it is there for.
 */
const PINNED: Readonly<Record<string, () => Promise<unknown>>> = {
  'vitest createVitest': async () => (await import('vitest/node')).createVitest,
  'testcontainers GenericContainer': async () => (await import('testcontainers')).GenericContainer,
  '@kubernetes/client-node KubeConfig': async () => (await import('@kubernetes/client-node')).KubeConfig,
  'dockerode Docker': async () => (await import('dockerode')).default,
  'simple-git simpleGit': async () => (await import('simple-git')).simpleGit,
  'js-yaml dump': async () => (await import('js-yaml')).dump,
  'zod object': async () => (await import('zod')).z.object,
  'commander Command': async () => (await import('commander')).Command,
  'execa execa': async () => (await import('execa')).execa,
  'fast-xml-parser XMLParser': async () => (await import('fast-xml-parser')).XMLParser,
  'jsonc-parser parseTree': async () => (await import('jsonc-parser')).parseTree,
  'p-limit': async () => (await import('p-limit')).default,
  'p-retry': async () => (await import('p-retry')).default,
  'proper-lockfile lock': async () => (await import('proper-lockfile')).lock,
  'pure-rand xoroshiro128plus': async () => (await import('pure-rand/generator/xoroshiro128plus')).xoroshiro128plus,
  'tsx register': async () => (await import('tsx/esm/api')).register,
  'yauzl open': async () => (await import('yauzl')).open,
  'yazl ZipFile': async () => (await import('yazl')).ZipFile,
};

test.for(Object.entries(PINNED))('%s imports on this Node', async ([, load]) => {
  expect(await load()).toBeTypeOf('function');
});

test('a YAML document goes through js-yaml and back', async () => {
  const { dump, load } = await import('js-yaml');
  const value = { kind: 'Namespace', metadata: { name: 'corda', created: '2026-11-23' } };
  expect(load(dump(value))).toEqual(value);
});

test('the Kubernetes client reads a configuration without a cluster', async () => {
  const { CoreV1Api, KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'none', server: 'https://127.0.0.1:1', skipTLSVerify: false },
    { name: 'nobody' },
  );
  expect(config.makeApiClient(CoreV1Api)).toBeInstanceOf(CoreV1Api);
});
