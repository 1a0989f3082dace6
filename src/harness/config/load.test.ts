import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMatrix } from './load.ts';
import { FINANCE, folderWithMatrix, mavenReleases, refusal } from '../testing/matrix.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

const two = { releases: mavenReleases('4.8', '4.10'), cordapps: FINANCE };

describe('a matrix with everything wrong', () => {
  test('is refused with all problems at once, environment included', async () => {
    const text = `{
  "releases": {
    "4.8": { "mavn": "4.8" },
    "4.10": { "maven": 4.10, "java": 11 },
    "a+b": { "maven": "net.corda:corda:4.8" },
    "mine": { "jar": "./dist/corda.jar", "maven": "4.8", "jvmArgs": ["Xmx1g"] },
    "next": { "git": "https://example.org/corda.git", "ref": "HEAD~1", "build": { "node": { "command": "make", "artefact": "../x.jar" }, "driver": {} } },
    "later": { "git": "ext::sh", "refs": "releases.txt" },
    "none": { "git": "../corda" },
    "Mine": { "maven": "4.8" },
    "4.8": { "maven": "4.8" }
  },
  "cordapps": {
    "maven": ["net.corda:corda-finance-contracts", "a:b:{version}", "a:{version}:1"],
    "jar": ["x.jar"]
  },
  "pairs": [
    ["4.8", "4.10"],
    ["4.8", "4.10"],
    ["4.8"],
    ["4.7", "4.10"]
  ],
  "topolgy": {},
  "mixed": ["4.8", "4.7", "4.8"],
  "topology": { "notary": "lft", "peers": ["left", "rihgt"], "notaries": 3, "database": "postgres", "minimumPlatformVersion": "min" },
  "provider": "docker",
  "kubernetes": { "workload": "deploymnt", "replicas": 2 },
  "jvm": "Fast",
  "limits": { "start": "180", "flow": 0, "strat": 1 },
  "workload": { "seed": -1, "operations": 1.5, "parallel": 65 },
  "known": [
    { "pair": "4.8-4.10", "reason": "", "until": "soon", "failures": [{ "name": "x" }] },
    { "pair": "4.9+4.10", "reason": "never worked", "until": "2027-01-31", "failures": [{ "name": "x" }] },
    { "pair": "4.8+4.10", "reason": "never worked", "until": "2027-02-30", "failures": [{ "name": "x" }] },
    { "pair": "4.8+4.10", "reason": "never worked", "until": "2027-01-31", "failures": [{ "name": "x" }] }
  ]
}`;
    const env = {
      COMPAT_SEED: 'one',
      COMPAT_KEEP: 'sometimes',
      COMPAT_PARALLEL: '0',
      COMPAT_PROVIDER: 'cloud',
      COMPAT_WORKLOAD: 'pod',
    };
    await expect(await refusal(text, env)).toMatchFileSnapshot('golden/everything-wrong.txt');
  });
});

describe('one problem alone', () => {
  test.each<[string, unknown, string]>([
    ['no release', { releases: {} }, 'releases: found {}; must name a release'],
    ['no releases key', {}, 'releases: is missing; must be an object { … }'],
    ['a list', [], 'found []; must be an object { … }'],
    [
      'a trailing comma',
      '{\n  "releases": {},\n}',
      'is not JSON at line 3, column 1: property name expected, found "}"',
    ],
    ['a comment', '{\n  // mine\n}', 'is not JSON at line 2, column 3: invalid comment token, found "/"'],
    ['an empty file', '', 'is not JSON at line 1, column 1: value expected'],
    ['a cut file', '{ "releases": {', 'is not JSON at line 1, column 16: close brace expected'],
    ['an unknown mode', { ...two, pairs: 'adjcent' }, 'did you mean "adjacent"?'],
    ['against nothing', { ...two, pairs: 'against:' }, 'pairs: found "against:"; valid: "all", "ordered", "adjacent"'],
    [
      'against a stranger',
      { ...two, pairs: 'against:4.9' },
      'pairs: found "4.9"; no such release; did you mean "4.8"?',
    ],
    ['no pair', { ...two, pairs: [] }, 'pairs: found []; must name at least one pair'],
    ['three in a pair', { ...two, pairs: [['4.8', '4.8', '4.8']] }, 'must be a couple of release ids'],
    [
      'neighbours of one release',
      { releases: mavenReleases('4.8') },
      'a pair needs two: add one, or ask for the control with "pairs": [["4.8","4.8"]]',
    ],
    [
      'an id with a slash',
      { ...two, releases: mavenReleases('4.8', 'a/b') },
      'releases["a/b"]: a release id names folders',
    ],
    [
      'an id like a flag',
      { ...two, releases: mavenReleases('4.8', '-x') },
      'beginning and ending with a letter or a digit',
    ],
    ['an id that leads out', { ...two, releases: mavenReleases('4.8', '..') }, 'releases[".."]: a release id'],
    ['no source', { ...two, releases: { ...two.releases, x: {} } }, 'releases.x: names no source; give one of "maven"'],
    ['an id with a cross', { ...two, releases: mavenReleases('4.8', '4.8+1') }, 'releases["4.8+1"]: a release id'],
    [
      'no end to replays',
      { ...two, workload: { shrink: true } },
      'workload.shrink: found true; must be false or an object',
    ],
    ['no try', { ...two, workload: { shrink: { tries: 0 } } }, 'workload.shrink'],
    ['a folder as jar', { ...two, releases: { ...two.releases, x: { jar: '.' } } }, 'found "."; not a file: <folder>'],
  ])('%s', async (_name, matrix, expected) => {
    expect(await refusal(matrix)).toContain(expected);
    expect(await refusal(matrix)).toContain('matrix.json: 1 problem\n');
  });

  test('a missing file says where it was looked for and what to do', async () => {
    const loading = loadMatrix({ cwd: await folderWithMatrix(two), env: { COMPAT_MATRIX: 'other.json' } });
    await expect(loading).rejects.toThrow(/there is no .*other\.json, which COMPAT_MATRIX names/);
  });
});

describe('a valid matrix', () => {
  test('has its defaults, limits in milliseconds, absolute jars', async () => {
    const cwd = await folderWithMatrix({
      releases: { '4.8': { maven: '4.8' }, mine: { jar: './node.jar', cordapps: { jar: ['app.jar'] }, java: 8 } },
      cordapps: FINANCE,
      limits: { flow: 2.5 },
    });
    await writeFile(join(cwd, 'node.jar'), '');
    await writeFile(join(cwd, 'app.jar'), '');
    const matrix = await loadMatrix({ cwd, env: {}, now: NOW });
    const finance = FINANCE.maven.map((coordinate) => ({ kind: 'maven', coordinate }));
    expect(matrix).toEqual({
      file: join(cwd, 'matrix.json'),
      releases: [
        { id: '4.8', source: { kind: 'maven', version: '4.8' }, cordapps: finance, jvmArgs: [] },
        {
          id: 'mine',
          source: { kind: 'jar', path: join(cwd, 'node.jar') },
          cordapps: [{ kind: 'jar', path: join(cwd, 'app.jar') }],
          java: 8,
          jvmArgs: [],
        },
      ],
      pairs: { kind: 'adjacent' },
      mixed: [],
      topology: {
        notary: 'left',
        notaries: 1,
        peers: ['left', 'right'],
        validating: false,
        onboarding: 'minted',
        database: 'h2',
        minimumPlatformVersion: 'auto',
      },
      provider: 'local',
      jvm: 'fast',
      workload: { seed: 1, operations: 24, parallel: 4, shrink: { tries: 5, limit: 600_000 } },
      limits: { start: 180_000, flow: 2500, arrival: 10_000, prepare: 180_000, teardown: 60_000, outage: 0 },
      known: new Map(),
      settings: { parallel: 1, keep: 'never' },
      warnings: [],
    });
  });

  test.each([
    ['half of it', { tries: 2 }, {}, { tries: 2, limit: 600_000 }],
    ['the other half', { seconds: 1.5 }, {}, { tries: 5, limit: 1500 }],
    ['false', false, {}, undefined],
    ['COMPAT_SHRINK=0', { tries: 2 }, { COMPAT_SHRINK: '0' }, undefined],
  ])('shrinks as far as it says: %s', async (_name, shrink, env, expected) => {
    const cwd = await folderWithMatrix({ ...two, workload: { shrink } });
    expect((await loadMatrix({ cwd, env, now: NOW })).workload.shrink).toEqual(expected);
  });

  test('keeps a declaration on its last day and warns of it the day after', async () => {
    const known = [{ pair: '4.8+4.10', reason: 'telemetry', until: '2026-11-23', failures: [{ name: 'x' }] }];
    const cwd = await folderWithMatrix({ ...two, known });
    const lastDay = await loadMatrix({ cwd, env: {}, now: NOW });
    expect([...lastDay.known]).toEqual([
      ['4.8+4.10', { reason: 'telemetry', until: '2026-11-23', failures: [{ name: 'x' }] }],
    ]);
    expect(lastDay.warnings).toEqual([]);
    const dayAfter = await loadMatrix({ cwd, env: {}, now: new Date('2026-11-24T00:00:00Z') });
    expect(dayAfter.known.size).toBe(0);
    expect(dayAfter.warnings).toEqual([
      'known: the declaration about 4.8+4.10 expired on 2026-11-23 and no longer counts',
    ]);
  });

  test('warns of nodes without finance CorDapps and of a mistyped variable', async () => {
    const cwd = await folderWithMatrix({ ...two, cordapps: {} });
    const { warnings } = await loadMatrix({ cwd, env: { COMPAT_SEDE: '4' }, now: NOW });
    expect(warnings).toEqual([
      'the environment variable COMPAT_SEDE is unknown and has no effect; did you mean COMPAT_SEED?',
      'nodes of 4.8 carry no corda-finance CorDapp, whose flows the issue, pay and random suites call',
      'nodes of 4.10 carry no corda-finance CorDapp, whose flows the issue, pay and random suites call',
    ]);
  });
});
