import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { clusterAddressOf, kubeConfigOf } from './cluster.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corda-compat-kubeconfig-'));
});

afterAll(() => rm(folder, { recursive: true }));

interface Named {
  /** Name of cluster, user and context alike. */
  readonly name: string;
  readonly server: string;
}

/** A kubeconfig file as kubectl writes them. @returns its path */
async function kubeconfig(file: string, entries: readonly Named[], current?: string): Promise<string> {
  const path = join(folder, file);
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(({ name, server }) => ({ name, cluster: { server, 'certificate-authority': 'ca.crt' } })),
    users: entries.map(({ name, server }) => ({ name, user: { token: `for ${server}` } })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    ...(current === undefined ? {} : { 'current-context': current }),
  };
  await writeFile(path, JSON.stringify(text));
  return path;
}

const one = { name: 'one', server: 'https://one.example' };
const two = { name: 'two', server: 'https://two.example' };
const otherOne = { name: 'one', server: 'https://other.example' };

/** What a run takes from these files. */
async function found(files: readonly string[], context?: string) {
  const env = { KUBECONFIG: files.join(delimiter), ...(context === undefined ? {} : { COMPAT_CONTEXT: context }) };
  return await kubeConfigOf(clusterAddressOf(env));
}

describe('several files in KUBECONFIG, as kubectl reads them', () => {
  test('the first current context counts, and contexts of all files are there', async () => {
    const config = await found([
      await kubeconfig('none', [one]),
      await kubeconfig('first', [two], 'two'),
      await kubeconfig('last', [{ name: 'three', server: 'https://three.example' }], 'three'),
    ]);
    expect(config.getContexts().map(({ name }) => name)).toEqual(['one', 'two', 'three']);
    expect(config.getCurrentCluster()?.server).toBe(two.server);
  });

  test('of a name in two files the first counts: cluster, user and context', async () => {
    const config = await found([await kubeconfig('a', [one], 'one'), await kubeconfig('b', [otherOne, two], 'two')]);
    expect(config.getCurrentCluster()?.server).toBe(one.server);
    expect(config.getCurrentUser()?.token).toBe(`for ${one.server}`);
    expect(config.getContexts().map(({ name }) => name)).toEqual(['one', 'two']);
  });

  test('a file that does not exist or has nothing in it is left out', async () => {
    const empty = join(folder, 'empty');
    await writeFile(empty, '\n');
    const config = await found([join(folder, 'gone'), empty, await kubeconfig('there', [one], 'one')]);
    expect(config.getCurrentCluster()?.server).toBe(one.server);
  });

  test('paths in a file are relative to its folder', async () => {
    const config = await found([join(folder, 'gone'), await kubeconfig('relative', [one], 'one')]);
    expect(config.getCurrentCluster()?.caFile).toBe(join(folder, 'ca.crt'));
  });

  test('COMPAT_CONTEXT names a context of any of them', async () => {
    const files = [await kubeconfig('front', [one], 'one'), await kubeconfig('back', [two], 'two')];
    expect((await found(files, 'two')).getCurrentCluster()?.server).toBe(two.server);
  });
});

test('files of which none exists are named', async () => {
  const [a, b] = [join(folder, 'no-a'), join(folder, 'no-b')];
  await expect(found([a, b])).rejects.toThrow(
    `kubeconfig ${a}${delimiter}${b} cannot be read: there is no such file, or nothing in it`,
  );
});

test('a file that is no kubeconfig is named, though another one is good', async () => {
  const broken = join(folder, 'broken');
  await writeFile(broken, 'clusters: [');
  await expect(found([await kubeconfig('good', [one], 'one'), broken])).rejects.toThrow(`cannot be read: ${broken}: `);
});
