import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuildRecipe, GitSource } from '../../src/harness/config/release.ts';
import { IMAGE_LABEL } from '../../src/harness/images/image-config.ts';
import { engineAt } from '../../src/harness/docker/engine-address.ts';
import { findLabelled, LABEL } from '../../src/harness/providers/docker/labelled.ts';
import { describeWithDocker, rigEnv } from '../rig/docker-tests.ts';
import { expectNothingLeft } from '../rig/git-leftovers.ts';
import { gitRig, type GitRig } from '../rig/git-rig.ts';
import { jvmRig } from '../rig/jvm-rig.ts';
import { registryProxy, type RegistryProxy } from '../rig/registry-proxy.ts';
import { warmCache } from '../rig/warm-cache.ts';
import { makePlace, type Finished, type Place } from '../e2e/compat-run.ts';
import { finance } from '../e2e/matrices.ts';

/** A tag and a branch of a real repository; their builds yield real nodes, and a CorDapp compiled from its source. */

const CELL = 'v1+next';
/** What a run says that does something for the first time. */
const WORK = / MB from |building |fetching |checking out |compiling |migrating |unpacking /i;
let place: Place;
let rig: GitRig;
let cache: string;

beforeAll(async () => {
  const jvm = await jvmRig(['4.8', '4.10'], new AbortController().signal);
  place = await makePlace({});
  cache = join(place.folder, 'cache');
  await warmCache(jvm.ctx.cache.folder, cache);
  const [node = '', newer = ''] = ['4.8', '4.10'].map((version) => jvm.kit(version).release.node.file);
  const lib = dirname(jvm.kit('4.8').agent.jar);
  rig = await gitRig({ folder: place.folder, node, lib });
  const { build } = rig.release('v1').source as GitSource;
  const other = Object.entries(build).map(([component, recipe]) => [component, withNode(recipe, node, newer)] as const);
  const git = { git: rig.repository, java: 8 };
  const matrix = {
    releases: {
      v1: { ...git, ref: 'v1', build },
      next: { ...git, ref: 'origin/next', build: Object.fromEntries(other) },
    },
    cordapps: finance('4.5'),
    pairs: [['v1', 'next']],
  };
  await writeFile(join(place.folder, 'matrix.json'), JSON.stringify(matrix));
});
afterAll(() => place.remove());

async function nodeLog(node: string): Promise<string> {
  return readFile(join(place.folder, 'results', CELL, node, 'console.log'), 'utf8');
}

function withNode(recipe: BuildRecipe, node: string, other: string): BuildRecipe {
  return { ...recipe, command: recipe.command.replace(node, other) };
}

test('nodes of a tag and of a branch are built once each, and trade', async () => {
  const run = await place.run([], { COMPAT_CACHE: cache }).done();
  const cell = await run.cell(CELL);
  expect(cell.outcome, cell.because).toBe('compatible');
  expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
  expect(cell.tests.map(({ name }) => name).join('\n')).toMatch(/pays .*: the money arrives/);
  const { v1, next } = rig.commits;
  expect(cell.left).toMatchObject({ release: 'v1', version: '4.8', commit: v1 });
  expect(cell.right).toMatchObject({ release: 'next', version: '4.10', commit: next });
  expect(await run.junit()).toContain(next);
  // Built twice, it is two jars of one file name: one of them is told by its checksum.
  for (const side of [cell.left, cell.right])
    expect(side?.cordapps.map(({ name }) => name).join()).toMatch(/greeting-1\.0(-[0-9a-f]{8})?\.jar/);
  expect(run.lastLine).toMatch(/^\d+ passed, 0 failed$/);
  expect(run.output).toMatch(WORK);
  // Compiled here, and loaded there.
  for (const node of ['party-a', 'party-b'])
    expect(await nodeLog(node), node).toContain('Workflow CorDapp: Greeting version 1');
  expect(await rig.builds()).toBe(2);
  const logs = await readdir(join(cache, 'logs'));
  expect(logs).toHaveLength(2);
  for (const log of logs) expect(await readFile(join(cache, 'logs', log), 'utf8')).toContain(`compiling against `);
  expect(await place.leftovers()).toEqual([]);
  await expectNothingLeft(cache);
});

test('a second run builds, compiles and downloads nothing', async () => {
  const run = await place.run(['suites/issue'], { COMPAT_CACHE: cache }).done();
  const cell = await run.cell(CELL);
  expect(cell.outcome, cell.because).toBe('compatible');
  expect(run.output).not.toMatch(WORK);
  expect(await rig.builds()).toBe(2);
  expect(await place.leftovers()).toEqual([]);
  await expectNothingLeft(cache);
});

describeWithDocker('in containers', () => {
  let engine: Docker;
  let proxy: RegistryProxy;
  beforeAll(async () => {
    engine = engineAt({ url: rigEnv().DOCKER_HOST });
    proxy = await registryProxy(rigEnv().COMPAT_REGISTRY);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  async function run(...suites: readonly string[]): Promise<Finished> {
    // A path of its own: nothing of these commits is there yet.
    const registry = `${proxy.address}/git-${process.pid}`;
    const env = { COMPAT_CACHE: cache, COMPAT_PROVIDER: 'docker', COMPAT_REGISTRY: registry };
    return await place.run(suites, env).done();
  }

  async function imagesOf(commit: string): Promise<readonly string[]> {
    const label = `${IMAGE_LABEL}.commit=${commit}`;
    const images = await engine.listImages({ filters: { label: [label] } });
    // A commit has the same number every time: earlier tests may have left images of it.
    const ours = images.filter(({ RepoTags }) => RepoTags?.some((name) => name.startsWith(`${proxy.address}/`)));
    return ours.map(({ Labels }) => Labels[`${IMAGE_LABEL}.component`] ?? '').sort();
  }

  test('the same commits become images without another build, and trade', async () => {
    const first = await run();
    const cell = await first.cell(CELL);
    expect(cell.outcome, first.output).toBe('compatible');
    expect(cell.tests.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(first.output).toMatch(/pushed \S+corda-compat-node:[0-9a-f]{10,}-/);
    expect(proxy.uploaded()).toBeGreaterThan(1e6);
    expect(await rig.builds()).toBe(2);
    const { v1, next } = rig.commits;
    expect(await imagesOf(v1)).toEqual(['driver', 'node', 'notary']);
    expect(await imagesOf(next)).toEqual(['node']);
    for (const node of ['party-a', 'party-b'])
      expect(await nodeLog(node), node).toContain('Workflow CorDapp: Greeting version 1');
  });

  test('a second run builds no image, pushes not a byte and compiles nothing; nothing is left', async () => {
    const before = proxy.uploaded();
    const second = await run('suites/issue');
    const cell = await second.cell(CELL);
    expect(cell.outcome, second.output).toBe('compatible');
    expect(second.output).not.toMatch(WORK);
    expect(second.output).not.toMatch(/ s {2}(build|built|push)/);
    expect(proxy.uploaded()).toBe(before);
    expect((await findLabelled(engine, LABEL.run)).map(({ name }) => name)).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
    await expectNothingLeft(cache);
  });
});
