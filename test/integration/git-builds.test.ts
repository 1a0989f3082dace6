import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BuildRecipe, GitSource } from '../../src/harness/config/release.ts';
import { loadMatrix } from '../../src/harness/config/load.ts';
import { resolveRelease } from '../../src/harness/releases/resolve.ts';
import { gitPlace, type GitPlace } from '../rig/git-place.ts';

/** Real git, real builds of real repositories: what they yield, and what is said of one that goes wrong. */

function recipeOf({ rig }: GitPlace): BuildRecipe {
  const { node } = (rig.release('v1').source as GitSource).build;
  if (!node) throw new Error('the rig has a recipe for the node');
  return node;
}

describe('a build', () => {
  test('yields a release that says what it was built from, and is not built again', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const first = await place.run();
    const resolved = await resolveRelease(rig.release('v2'), first);
    expect(resolved).toMatchObject({
      version: '4.10',
      java: 8,
      built: {
        repository: rig.repository,
        commit: rig.commits.v2,
        recipe: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
      node: {
        name: 'corda-4.10.jar',
        origin: expect.stringContaining(`v2 (${rig.commits.v2.slice(0, 10)})`) as string,
      },
    });
    expect(first.said.join('\n')).toMatch(/building v2 \(.*sh build\.sh .*; log .*\.log/);
    const record = JSON.parse(await readFile(join(resolved.node.file, '../../built.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      commit: rig.commits.v2,
      jdk: { version: expect.stringMatching(/^1\.8/) as string },
    });

    const second = await place.run();
    expect((await resolveRelease(rig.release('main'), second)).node.file).toBe(resolved.node.file);
    expect(second.said).toEqual([]);
    expect(await rig.builds()).toBe(1);
  });

  test('is repeated for another recipe, and when the jar in the cache is damaged', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const { file } = (await resolveRelease(rig.release('v1'), await place.run())).node;
    await writeFile(file, 'damaged');
    const ctx = await place.run();
    expect((await resolveRelease(rig.release('v1'), ctx)).node.file).toBe(file);
    expect(ctx.said.join('\n')).toMatch(/is damaged: building v1/);
    const recipe = recipeOf(place);
    const node = { ...recipe, command: `true; ${recipe.command}` };
    await resolveRelease(rig.release('v1', { build: { node } }), await place.run());
    expect(await rig.builds()).toBe(3);
  });

  test('gets the JDK and nothing that was not passed on purpose', async () => {
    await using place = await gitPlace();
    const node = { command: 'env > /dev/stderr; type javac; exit 1', artefact: '*' };
    const ctx = await place.run({ SECRET: 'x', JAVA_TOOL_OPTIONS: '-Dx', https_proxy: 'http://proxy:1' });
    const words = await place.refusal(place.rig.release('v1', { build: { node } }), ctx);
    const log = await readFile(/Its log: (.*\.log)/.exec(words)?.[1] ?? '', 'utf8');
    expect(log).toContain(`JAVA_HOME=${place.jdk}\n`);
    expect(log).toContain(`javac is ${place.jdk}/bin/javac`);
    expect(log).toContain('https_proxy=http://proxy:1');
    expect(log).not.toMatch(/SECRET|JAVA_TOOL_OPTIONS|VITEST/);
  });

  test('that needs CorDapps and submodules: they are there', async () => {
    await using place = await gitPlace();
    await using other = await gitPlace();
    const { rig } = place;
    await rig.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other.rig.repository, 'inner');
    await rig.git('commit', '--quiet', '--all', '--message', 'with a submodule');
    const recipe = recipeOf(place);
    const node = { ...recipe, command: `${recipe.command} && test -f inner/build.sh` };
    const cordapps = { command: 'cp build/libs/*.jar flows-2.jar', artefact: 'flows-*.jar' };
    const resolved = await resolveRelease(rig.release('main', { build: { node, cordapps } }), await place.run());
    expect(resolved.cordapps).toMatchObject([{ name: 'flows-2.jar' }]);
  });

  test('of a repository that is not Corda and has no recipe: what to write is said', async () => {
    await using place = await gitPlace();
    expect(await place.refusal(place.rig.release('v1', { build: {} }))).toMatch(
      /not-built build: .*not a tree of Corda itself.*"build": \{"node":\{"command"/,
    );
  });

  test('of Corda by its preset: tasks and globs of its version', async () => {
    await using place = await gitPlace();
    const { rig } = place;
    const jar = join(place.folder, 'corda-4.10.jar');
    const node = 'node/capsule/build/libs/corda-4.10.jar';
    const lines = [
      `mkdir -p "$(dirname ${node})" && cp '${jar}' ${node}`,
      ...['contracts', 'workflows'].map((part) => {
        const made = `finance/${part}/build/libs/corda-finance-${part}-4.10.jar`;
        return `mkdir -p "$(dirname ${made})" && echo ${part} >part && jar cf ${made} part`;
      }),
    ];
    await rig.commit('corda', {
      gradlew: ['#!/bin/sh', 'set -e', ...lines, ''].join('\n'),
      'node/capsule/build.gradle': '',
      'constants.properties': 'cordaVersion=4.10\nplatformVersion=12\n',
    });
    await rig.git('checkout', '--quiet', 'corda');
    await rig.git('update-index', '--chmod=+x', 'gradlew');
    await rig.git('commit', '--quiet', '--message', 'executable');
    await rig.git('checkout', '--quiet', '--force', 'main');
    const { id, source, cordapps, jvmArgs } = rig.release('corda', { build: {} });
    const ctx = await place.run();
    const resolved = await resolveRelease({ id, source, cordapps, jvmArgs }, ctx);
    expect(resolved.cordapps.map(({ name }) => name)).toEqual([
      'corda-finance-contracts-4.10.jar',
      'corda-finance-workflows-4.10.jar',
    ]);
    expect(ctx.said.join('\n')).toMatch(
      /\.\/gradlew --no-daemon --console=plain :node:capsule:buildCordaJAR :finance:contracts:jar :finance:workflows:jar;/,
    );
  });

  test('of every line of releases.txt, independent ones side by side', async () => {
    await using place = await gitPlace();
    const { rig, folder } = place;
    const begun = join(folder, 'begun');
    // Alone, it would wait for another until its limit.
    const both = `echo x >> '${begun}'; while [ $(wc -l < '${begun}') -lt 2 ]; do sleep 0.05; done`;
    const recipe = recipeOf(place);
    const node = { ...recipe, command: `${both}; ${recipe.command}` };
    const refs = { git: rig.repository, refs: 'releases.txt', java: 8, build: { node } };
    await writeFile(join(folder, 'matrix.json'), JSON.stringify({ releases: { all: refs }, limits: { build: 20 } }));
    await writeFile(join(folder, 'releases.txt'), '# what we support\nv1\nrelease/next # the next one\n\nv2\n');
    await rig.git('branch', 'release/next', rig.commits.next);
    const { releases } = await loadMatrix({ cwd: folder, env: {} });
    const ctx = await place.run();
    const resolved = await Promise.all(releases.map((release) => resolveRelease(release, ctx)));
    expect(resolved.map(({ release, built }) => [release.id, built?.commit])).toEqual([
      ['v1', rig.commits.v1],
      ['release-next', rig.commits.next],
      ['v2', rig.commits.v2],
    ]);
    expect(await rig.builds()).toBe(3);
  });
});

describe('a build that goes wrong', () => {
  test('fails: its most telling line, its log, nothing left', async () => {
    await using place = await gitPlace();
    expect(await place.refusal(place.rig.release('broken'))).toMatch(
      /not-built build: building broken .* failed with status 3 \(sh build\.sh .*GreetFlow\.java:7: error: cannot find symbol\. Its log: .*\.log/,
    );
  });

  test('hangs: it is ended at its limit, with all that it started', async () => {
    await using place = await gitPlace();
    const words = await place.refusal(place.rig.release('hangs', { limit: 2_000 }));
    expect(words).toMatch(
      /not done within 2 s\. Raise limits\.build.*It printed: waiting for something that never comes/,
    );
  });

  test.each([
    [
      'nothing',
      /artefact build\/libs\/\*\.jar of node matches no file\. Of 1 jars, the nearest: build\/lips\/corda-4\.10\.jar/,
    ],
    ['two', /matches 2 files, and a node is one: build\/libs\/corda-4\.10\.jar, build\/libs\/corda-b\.jar/],
  ])('makes %s', async (ref, expected) => {
    await using place = await gitPlace();
    expect(await place.refusal(place.rig.release(ref))).toMatch(expected);
  });

  test('makes a pointer of Git LFS', async () => {
    await using place = await gitPlace();
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 80000000\n';
    const attributes = '*.jar filter=lfs diff=lfs merge=lfs -text\n';
    await place.rig.commit('lfs', { 'node.jar': pointer, '.gitattributes': attributes });
    const ctx = await place.run();
    const release = place.rig.release('lfs', { build: { node: { command: 'true', artefact: '*.jar' } } });
    const words = await place.refusal(release, ctx);
    expect(words).toMatch(/not-built build: .*node\.jar, which is not the file but a pointer to it in Git LFS/);
    expect(ctx.said.join('\n')).toContain('keeps files in Git LFS');
  });

  test('needs a submodule that cannot be had', async () => {
    await using place = await gitPlace();
    const modules = '[submodule "inner"]\n\tpath = inner\n\turl = ./nowhere\n';
    const { rig } = place;
    await rig.commit('modules', { '.gitmodules': modules });
    await rig.git('checkout', '--quiet', 'modules');
    await rig.git('update-index', '--add', '--cacheinfo', `160000,${rig.commits.v1},inner`);
    await rig.git('commit', '--quiet', '--message', 'a link');
    expect(await place.refusal(rig.release('modules'))).toMatch(
      /not-built build: fetching the submodules of .*repository\/nowhere/,
    );
  });

  test.each([
    ['failed', 'broken', 1],
    ['always', 'v1', 1],
    ['failed', 'v1', 0],
    ['never', 'broken', 0],
  ] as const)('COMPAT_KEEP=%s of %s: folders kept: %i, each said with how to remove it', async (keep, ref, count) => {
    await using place = await gitPlace();
    const ctx = await place.run({ COMPAT_KEEP: keep });
    await resolveRelease(place.rig.release(ref), ctx).catch(() => undefined);
    const said = [...ctx.said.join('\n').matchAll(/worktree is kept: (.*); remove it with: rm -r '/g)];
    expect(said).toHaveLength(count);
    expect(await readdir(join(place.cache, 'kept')).catch(() => [])).toHaveLength(count);
    for (const [, kept = ''] of said) {
      expect(await readdir(kept)).toContain('build.sh');
      await rm(kept, { recursive: true });
    }
  });
});
