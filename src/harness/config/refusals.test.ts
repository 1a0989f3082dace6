import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMatrix } from './load.ts';
import { FINANCE, folderWithMatrix, mavenReleases, refusal } from '../testing/matrix.ts';
import { MatrixError } from './problems.ts';

const two = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };
const NO_CLUSTER_OF_ITS_OWN =
  'must be "kubeconfig". A run starts no cluster ("k3s" is gone). Start one with k3d, kind or k3s, and name its kubeconfig by KUBECONFIG';
const withRelease = (x: object): object => ({ ...two, releases: { ...two.releases, x } });
const eleven = mavenReleases(...Array.from({ length: 11 }, (_, index) => `4.${index}`));

const declaredAs = (...names: readonly string[]) => {
  return { pair: '4.8+4.10', reason: 'x', until: '2027-01-31', failures: names.map((name) => ({ name })) };
};

describe('a matrix is refused with the place and what to do', () => {
  test.each<[string, unknown, string]>([
    [
      'three sources of one release',
      withRelease({ maven: '4.8', jar: 'matrix.json', git: '../corda', ref: 'main' }),
      'line 9, releases.x: names three sources; keep one of "maven" (a version), "jar" (a file) and "git" (a repository)',
    ],
    [
      'a ref without a repository',
      withRelease({ maven: '4.8', ref: 'main' }),
      'line 11, releases.x.ref: has a meaning only beside "git" (a repository)',
    ],
    [
      'a ref beside a file of refs',
      withRelease({ git: '../corda', ref: 'main', refs: 'releases.txt' }),
      'line 12, releases.x.refs: stands beside "ref"; keep one of both',
    ],
    [
      'one release in one network',
      { ...two, releases: mavenReleases('4.8'), mixed: 'all', pairs: [['4.8', '4.8']] },
      'line 13, mixed: asks for all 1 releases in one network, which takes 2 to 10; add one',
    ],
    [
      'eleven releases in one network',
      { ...two, releases: eleven, mixed: 'all' },
      'line 43, mixed: asks for all 11 releases in one network, which takes 2 to 10; list the 10 that matter most',
    ],
    [
      'a release alone',
      { releases: mavenReleases('4.8') },
      'line 2, releases: names one release only, but a pair needs two: add one, or ask for the control with "pairs": [["4.8","4.8"]]',
    ],
    [
      "a CorDapp of a release's own that is not there",
      withRelease({ maven: '4.8', cordapps: { jar: ['matrix.json', 'app.jar'] } }),
      'line 14, releases.x.cordapps.jar[1]: found "app.jar"; no such file: <folder>/app.jar',
    ],
    [
      'a mixed cell that is declared but not asked for',
      { ...two, known: [{ pair: 'mixed', reason: 'x', until: '2027-01-31', failures: [{ name: 'x' }] }] },
      'line 18, known[0].pair: found "mixed"; not a cell of this matrix. Valid: 4.8+4.10',
    ],
    [
      'a declaration that would forgive every failure',
      { ...two, known: [{ pair: '4.8+4.10', reason: 'x', until: '2027-01-31' }] },
      'line 17, known[0].failures: is missing; must name the failures that are known, as a run without the declaration prints them: [{ "name": "4.10 pays 3.3-corda without an ok" }]',
    ],
    [
      'a failure with a release of another cell',
      { ...two, known: [declaredAs('4.10 pays 4.8 without an ok', 'lost-payment of 4.5 and 4.8', 'x > 4.5 answers')] },
      'line 26, known[0].failures[1].name: names "4.5", which is no release of this cell. Valid: 4.8, 4.10',
    ],
    [
      'pairs of another type',
      { ...two, pairs: true },
      'line 16, pairs: found true; valid: "all", "ordered", "adjacent", "against:<release id>" or a list of ["left", "right"]',
    ],
    [
      'something long, which is cut',
      { ...two, topology: { minimumPlatformVersion: 'x'.repeat(100) } },
      `line 17, topology.minimumPlatformVersion: found "${'x'.repeat(76)}…; must be "auto" or a whole number from 1`,
    ],
    [
      'one peer',
      { ...two, topology: { peers: ['left'] } },
      'line 17, topology.peers: found ["left"]; must be at least 2 entries',
    ],
    ['no rate', { ...two, workload: { rate: 0 } }, 'line 17, workload.rate: found 0; must be more than 0'],
    ['an unknown Java', withRelease({ maven: '4.8', java: 11 }), 'line 11, releases.x.java: found 11; valid: 8, 17'],
    ['a text that ends too early', '{ "releases":   \n', 'is not JSON at line 2, column 1: value expected'],
  ])('%s', async (_name, matrix, expected) => {
    expect(await refusal(matrix)).toBe(`matrix.json: 1 problem\n  ${expected}\n`);
  });

  test('keys given twice, however deep, with both lines', async () => {
    const known =
      '{ "pair": "4.8+4.10", "reason": "x",\n"reason": "y",\n"until": "2027-01-31", "failures": [{ "name": "x" }] }';
    const text = `{ "releases": ${JSON.stringify(two.releases)},\n"cordapps": { "jar": [], "jar": [] },\n"known": [\n${known}] }`;
    expect(await refusal(text)).toBe(
      'matrix.json: 2 problems\n' +
        '  line 2, cordapps.jar: is given twice (first on line 2); rename or remove one\n' +
        '  line 5, known[0].reason: is given twice (first on line 4); rename or remove one\n',
    );
  });

  test('variables that cannot be meant', async () => {
    expect(await refusal(two, { COMPAT_PUSH_GATEWAY: 'ftp://x', COMPAT_CLUSTER: 'k3s' })).toBe(
      'matrix.json: 2 problems\n' +
        `  COMPAT_CLUSTER: found "k3s"; ${NO_CLUSTER_OF_ITS_OWN}\n` +
        '  COMPAT_PUSH_GATEWAY: must be the address of a push gateway, for example http://gateway.example:9091\n',
    );
  });

  test('the throw-away cluster of before', async () => {
    expect(await refusal({ ...two, provider: 'kubernetes', cluster: 'k3s' })).toBe(
      `matrix.json: 1 problem\n  line 17, cluster: found "k3s"; ${NO_CLUSTER_OF_ITS_OWN}\n`,
    );
  });

  test('a file that is not there, or is none', async () => {
    const cwd = await folderWithMatrix(two);
    await mkdir(join(cwd, 'empty'));
    const failure = await loadMatrix({ cwd: join(cwd, 'empty'), env: {} }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MatrixError);
    expect(failure).toMatchObject({
      name: 'MatrixError',
      message: `matrix.json: 1 problem\n  there is no ${join(cwd, 'empty', 'matrix.json')}; run in the folder that has a matrix.json, or name one with COMPAT_MATRIX`,
    });
    await expect(loadMatrix({ cwd, env: { COMPAT_MATRIX: 'empty' } })).rejects.toThrow(
      `${join(cwd, 'empty')} cannot be read: EISDIR`,
    );
  });

  test('a file of refs that is a folder', async () => {
    const cwd = await folderWithMatrix({ releases: { corda: { git: '../corda', refs: 'refs' } } });
    await mkdir(join(cwd, 'refs'));
    await expect(loadMatrix({ cwd, env: {} })).rejects.toThrow(`cannot be read (EISDIR): ${join(cwd, 'refs')}`);
  });
});

describe('a matrix is read', () => {
  test('with a mark of its byte order, in files of refs as well', async () => {
    const releases = { corda: { git: '../corda', refs: 'refs' } };
    const cwd = await folderWithMatrix(`\uFEFF${JSON.stringify({ releases })}`);
    await writeFile(join(cwd, 'refs'), '\uFEFFmain\nnext\n');
    const matrix = await loadMatrix({ cwd, env: {} });
    expect(matrix.releases.map(({ id }) => id)).toEqual(['main', 'next']);
  });

  test('for a cluster: what keeps Pods there, and how long its API server may be gone', async () => {
    const cwd = await folderWithMatrix({ ...two, provider: 'kubernetes', topology: { database: 'postgresql' } });
    const env = { COMPAT_CLUSTER: 'kubeconfig', COMPAT_WORKLOAD: 'deployment' };
    const matrix = await loadMatrix({ cwd, env });
    expect(matrix).toMatchObject({ workloadKind: 'deployment', limits: { outage: 90_000 } });
    expect(await loadMatrix({ cwd, env: {} })).not.toHaveProperty('workloadKind');
    const local = await loadMatrix({ cwd, env: { ...env, COMPAT_PROVIDER: 'docker' } });
    expect(local).not.toHaveProperty('workloadKind');
    expect(local.limits.outage).toBe(0);
    expect(local.warnings[0]).toBe(
      'kubernetes.workload: "deployment" has no effect with provider docker: only provider kubernetes uses a cluster',
    );
  });

  test('with an image of its own for a release, and how CorDapps are built', async () => {
    const recipe = { command: 'make', artefact: 'apps/*.jar' };
    const own = { git: 'https://example.org/corda.git', ref: 'main', build: { cordapps: recipe } };
    const cwd = await folderWithMatrix({
      releases: { '4.8': { maven: '4.8', base: 'temurin:8' }, own },
      cordapps: FINANCE,
    });
    const { releases } = await loadMatrix({ cwd, env: {} });
    expect(releases[0]).toMatchObject({ base: 'temurin:8' });
    expect(releases[1]).not.toHaveProperty('base');
    expect(releases[1]?.source).toMatchObject({ build: { cordapps: recipe } });
  });

  test('with a warning where CorDapps that are named are not those of finance', async () => {
    const git = { git: '../corda', ref: 'main' };
    const app = { maven: ['com.example:app:1'] };
    const releases = {
      '4.8': { maven: '4.8', cordapps: app },
      'some-jar': { maven: '4.8', cordapps: { ...app, jar: ['matrix.json'] } },
      preset: git,
      built: { ...git, build: { cordapps: { command: 'make', artefact: '*.jar' } }, cordapps: app },
      instead: { ...git, cordapps: app },
    };
    const { warnings } = await loadMatrix({ cwd: await folderWithMatrix({ releases }), env: {} });
    expect(warnings.map((warning) => /^nodes of (\S+) carry no corda-finance/.exec(warning)?.[1])).toEqual([
      '4.8',
      'instead',
    ]);
  });
});
