import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { classFiles, type ClassSpec } from '../../test/rig/class-bytes.ts';
import { CONTRACT, FLOW, SCHEMA, STATE } from '../../test/rig/inspected-jar.ts';
import { makeJar } from '../../test/rig/releases-rig.ts';

const BIN = resolve(import.meta.dirname, '../../bin/corda-compat.js');
const MATRIX = {
  releases: { '4.5': { maven: '4.5' }, '4.8': { maven: '4.8' }, '4.10': { maven: '4.10' } },
  cordapps: { maven: ['net.corda:corda-finance-contracts:4.5'] },
};

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'corda-compat-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function folderWith(matrix: unknown): Promise<string> {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'matrix.json'), JSON.stringify(matrix));
  return folder;
}

/** Two seconds of a processor; on a machine that is busy with much else, many times that. */
const PROGRAM_LIMIT_MS = 120_000;
/** A test starts five programs at most. The limit of each says more than this one. */
vi.setConfig({ testTimeout: 5 * PROGRAM_LIMIT_MS });

/** The real program, as a user of that folder runs it. */
async function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd, env, reject: false, timeout: PROGRAM_LIMIT_MS } as const;
  const { exitCode, stdout, stderr, timedOut } = await execa('node', [BIN, ...args], options);
  if (timedOut) {
    const seen = stdout + stderr || 'no output';
    throw new Error(`corda-compat ${args.join(' ')} failed to end in ${PROGRAM_LIMIT_MS / 1000} s (seen: ${seen})`);
  }
  return { exitCode, stdout, stderr };
}

describe('what is not understood ends with 2 and says what is', () => {
  test.each([
    [['plna'], "error: unknown command 'plna'\n(Did you mean plan?)"],
    [['plan', '--jsno'], "error: unknown option '--jsno'\n(Did you mean --json?)"],
    [['plan', 'extra'], 'error: too many arguments'],
    [['sweep', '--older-than', '1 hour'], "argument '1 hour' is invalid. Give a number with s, m, h or d"],
    [['config'], "error: required option '-n, --namespace <name>' not specified"],
    [['config', '-n', 'Team_A'], 'A namespace is at most 63 small letters, digits and dashes, no dash at an end.'],
    [['config', '-n', 'kube-system'], 'A network needs a namespace of its own.'],
    [['config', '-n', 'a', '--replicas', '2'], 'Allowed choices are 0, 1.'],
    [['config', '-n', 'a', '--format', 'xml'], 'Allowed choices are yaml, helm, kustomize.'],
    [['up', '-n', 'a', '--workload', 'pod'], 'Allowed choices are statefulset, deployment.'],
    [['recheck'], "error: missing required argument 'folder'"],
    [['inspect'], "error: missing required argument 'jar'"],
    [['test'], "error: required option '--attach <namespace>' not specified"],
    [[], 'Usage: corda-compat [options] [command]'],
  ])('%j', async (args, words) => {
    const result = await run(await emptyFolder(), args);
    expect(result.stderr).toContain(words);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

test('--help and --version answer', async () => {
  const cwd = await emptyFolder();
  const help = await run(cwd, ['--help']);
  expect(help.exitCode).toBe(0);
  const commands = [
    'plan',
    'doctor',
    'config',
    'up',
    'health',
    'inspect',
    'down',
    'test',
    'recheck',
    'schema',
    'sweep',
  ];
  for (const command of commands) expect(help.stdout).toContain(`\n  ${command} `);
  expect(await run(cwd, ['--version'])).toEqual({ exitCode: 0, stdout: '0.1.0', stderr: '' });
});

describe('plan', () => {
  test('prints the steps of the selected cells, and what it skips', async () => {
    const cwd = await folderWith(MATRIX);
    const { exitCode, stdout, stderr } = await run(cwd, ['plan', '--project', '*4.10*', '4.10+*'], {
      COMPAT_SEED: '9',
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Plan: 1 cell; provider local, JVM options fast, seed 9.\n  1 Prepare the run: ');
    expect(stdout).toContain('\n  6 Cell 4.8+4.10: ');
    expect(stdout).toMatch(/\nSkipped 4\.5\+4\.8: not selected by --project \*4\.10\* 4\.10\+\*\.$/);
  });

  test('prints JSON', async () => {
    const { stdout } = await run(await folderWith(MATRIX), ['plan', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      steps: [{ number: '1' }, {}, {}, {}, {}, {}, {}, {}, {}],
      skipped: [],
      warnings: [],
    });
  });

  test('ends with 1 where no cell is selected', async () => {
    const { exitCode, stdout } = await run(await folderWith(MATRIX), ['plan', '-p', '5.0+*']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Nothing to run');
  });

  test('ends with 1 and every problem of the matrix and the environment', async () => {
    const cwd = await folderWith({ ...MATRIX, pairs: 'some', provider: 'cloud' });
    const { exitCode, stdout, stderr } = await run(cwd, ['plan'], { COMPAT_KEEP: 'x' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(
      /^matrix\.json: 3 problems\n {2}line 1, pairs: .*\n {2}line 1, provider: .*\n {2}COMPAT_KEEP: /,
    );
  });

  test('is not disturbed by the folder that it is called from', async () => {
    const cwd = await folderWith(MATRIX);
    await writeFile(
      join(cwd, 'tsconfig.json'),
      '{ "compilerOptions": { "paths": { "zod": ["./none"] } }, "extends": 7 }',
    );
    await writeFile(join(cwd, 'package.json'), '{ "type": "commonjs" }');
    expect(await run(cwd, ['plan'])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

test('schema writes what --check then finds up to date', async () => {
  const cwd = await emptyFolder();
  expect(await run(cwd, ['schema', '--check'])).toMatchObject({ exitCode: 1 });
  expect(await run(cwd, ['schema'])).toMatchObject({ exitCode: 0, stdout: 'matrix.schema.json written' });
  expect(await run(cwd, ['schema', '--check'])).toMatchObject({ exitCode: 0 });
  const file = join(cwd, 'matrix.schema.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('adjacent', 'adjoining'));
  const stale = await run(cwd, ['schema', '--check']);
  expect(stale.exitCode).toBe(1);
  expect(stale.stdout).toContain('mend it with: npx corda-compat schema');
});

describe('inspect', () => {
  async function folderWithJar(manifest: string, ...classes: readonly ClassSpec[]): Promise<string> {
    const folder = await emptyFolder();
    await writeFile(
      join(folder, 'a.jar'),
      await makeJar({ 'META-INF/MANIFEST.MF': manifest, ...classFiles(...classes) }),
    );
    return folder;
  }
  const attributes = ['Cordapp-Contract-Name: House', 'Cordapp-Contract-Version: 1', 'Min-Platform-Version: 6', ''];

  test('says what a jar holds, who refuses it and who takes it', async () => {
    const cwd = await folderWithJar(attributes.join('\n'), CONTRACT, FLOW, STATE, SCHEMA);
    const { exitCode, stdout, stderr } = await run(cwd, ['inspect', 'a.jar']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('a.jar: contract "House" version 1');
    expect(lines[1]).toMatch(
      /^  platform version 6 or later, made for 6; classes of Java 8; unsigned; SHA-256 [0-9a-f]{64}$/,
    );
    expect(lines.slice(2)).toEqual([
      '  contracts: Contract',
      '  states: State',
      '  flows: Flow',
      '  schemas: HouseSchemaV1',
      '  without migration scripts: HouseSchemaV1',
      expect.stringMatching(/^warning for 3.1 to 3.4: a.jar asks for platform version 6[.] /),
      expect.stringMatching(/^refused by 4.0 to 4.3: a.jar asks for platform version 6[.] /),
      expect.stringMatching(
        /^refused by 4.6 to 4.14: a.jar has tables without migration scripts [(]HouseSchemaV1[)][.] /,
      ),
      'taken by: 3.1 to 3.4, 4.4 to 4.5',
    ]);
  });

  test('fails where no release takes a jar, or where it is none', async () => {
    const cwd = await folderWithJar('Cordapp-Contract-Name: House\nCordapp-Contract-Version: 1.0\n', {
      ...FLOW,
      major: 65,
    });
    const newer = await run(cwd, ['inspect', 'a.jar']);
    expect(newer).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/taken by: no release$/) as string });
    await writeFile(join(cwd, 'b.jar'), 'text');
    expect(await run(cwd, ['inspect', 'a.jar', 'b.jar', 'c.jar'])).toMatchObject({
      exitCode: 1,
      stdout: expect.not.stringContaining('taken by') as string,
      stderr: expect.stringMatching(/^b.jar cannot be read: 4 bytes .*\nc.jar cannot be read: ENOENT/) as string,
    });
  });
});

describe('sweep', () => {
  test('finds nothing on a clean machine, and says of what is not ours that it leaves it', async () => {
    const cwd = await emptyFolder();
    const nowhere = { DOCKER_HOST: 'unix:///nowhere/docker.sock', KUBECONFIG: '/nowhere/kubeconfig' };
    const clean = await run(cwd, ['sweep', '--older-than', '1h'], { TMPDIR: cwd, ...nowhere });
    const [, root = '', unseen] = /^Nothing is left below (.*)\.\n([^]*)$/.exec(clean.stdout) ?? [];
    expect({ exitCode: clean.exitCode, root }).toEqual({
      exitCode: 0,
      root: join(cwd, `corda-compat-${process.getuid?.()}`),
    });
    expect(unseen).toMatch(
      /^unseen +the Docker engine: .*\/nowhere\/docker.sock.*\nunseen +the cluster: .*\/nowhere\/kubeconfig/,
    );
    await mkdir(join(root, 'strange'), { recursive: true, mode: 0o700 });
    const strange = await run(cwd, ['sweep', '--dry-run'], { TMPDIR: cwd });
    expect(strange).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^unknown .*strange: /) as string });
  });
});

describe('doctor', () => {
  test('is content where all that a run needs can be had', async () => {
    const server = createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cwd = await folderWith(MATRIX);
    const { exitCode, stdout } = await run(cwd, ['doctor'], outside(cwd, address));
    expect(stdout).toMatch(/^ok +node +\d/m);
    expect(stdout).toMatch(/^ok +matrix .*3 releases, 2 cells$/m);
    expect(stdout).toMatch(/^(ok|warning) +java 8 /m);
    expect(stdout).toContain(`${address} (COMPAT_MAVEN_REPOSITORY) answers`);
    expect({ exitCode, last: stdout.split('\n').at(-1) }).toEqual({ exitCode: 0, last: 'Nothing is missing.' });
  });

  test('looks for what the matrix names: a release, a jar, a CorDapp', async () => {
    const versions = '<metadata><versioning><versions><version>4.8</version></versions></versioning></metadata>';
    const server = createServer((request, response) => {
      if (request.url?.endsWith('maven-metadata.xml')) response.end(versions);
      else response.writeHead(request.url?.endsWith('corda-4.8.jar') ? 200 : 404).end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const releases = { '4.8': { maven: '4.8' }, '4.99': { maven: '4.99' }, mine: { jar: 'notes.jar' } };
    const cwd = await folderWith({ releases, cordapps: { maven: ['org.app:flows:1'] } });
    await writeFile(join(cwd, 'notes.jar'), 'these are notes');
    const { exitCode, stdout } = await run(cwd, ['doctor'], outside(cwd, address));
    expect(stdout).toMatch(/^missing +releases +what the matrix names cannot be had$/m);
    expect(stdout).toMatch(/- net\.corda:corda has no version 4\.99 in .* Near: 4\.8\./);
    expect(stdout).toMatch(/- release mine \(.*notes\.jar\) is no node capsule: /);
    expect(stdout).toMatch(/- org\.app:flows has no version 1 in /);
    expect({ exitCode, last: stdout.split('\n').at(-1) }).toEqual({ exitCode: 1, last: 'Missing: releases.' });
    expect(await readdir(join(cwd, 'cache')).catch(() => [])).not.toContain('objects');
  });

  test('tells a repository that refuses its user, and a cache that is a file', async () => {
    const server = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const cwd = await folderWith(MATRIX);
    const refused = await run(cwd, ['doctor'], outside(cwd, address));
    expect(refused.stdout).toMatch(
      /^missing +maven .* refuses this user \(HTTP 401\)\n.*mend: correct the server of that id/m,
    );
    const file = await run(cwd, ['doctor'], { ...outside(cwd, address), COMPAT_CACHE: join(cwd, 'matrix.json') });
    expect(file.stdout).toMatch(/^missing +cache +.*matrix\.json is a file$/m);
  });

  test('names what is missing, why, and what mends it', async () => {
    const cwd = await folderWith({ ...MATRIX, pairs: 'some' });
    // Port 1 refuses.
    const { exitCode, stdout } = await run(cwd, ['doctor'], outside(cwd, 'http://127.0.0.1:1'));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^missing +matrix +matrix\.json: 1 problem$/m);
    expect(stdout).toMatch(/^missing +maven .*does not answer$/m);
    expect(stdout).toMatch(/- COMPAT_JAVA_<?.*8.*HOME/);
    expect(stdout).toMatch(/mend: .*COMPAT_MAVEN_REPOSITORY/);
    expect(stdout).toMatch(/^Missing: matrix.*, maven\.$/m);
  });

  test.each([
    ['local', /^ok +docker +no engine answers; the matrix does not ask for one$/m, /^Missing:.*maven, releases\.$/m],
    [
      'docker',
      /^missing +docker +no Docker engine answers at DOCKER_HOST unix:.*nowhere/m,
      /^Missing:.*maven, releases, docker\.$/m,
    ],
  ])('without a Docker engine, where the provider is %s', async (provider, line, missing) => {
    const cwd = await folderWith({ ...MATRIX, provider });
    const env = { ...outside(cwd, 'http://127.0.0.1:1'), DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const { stdout } = await run(cwd, ['doctor'], env);
    expect(stdout).toMatch(line);
    expect(stdout).toMatch(missing);
  });
});

/** A machine whose cache is empty and whose registries are at this address. */
function outside(cwd: string, address: string): Record<string, string> {
  return {
    COMPAT_CACHE: join(cwd, 'cache'),
    COMPAT_MAVEN_REPOSITORY: address,
    COMPAT_ADOPTIUM_API: address,
    COMPAT_DEBIAN_MIRROR: address,
  };
}

describe('networks by hand: what is wrong is told before anything is built or asked', () => {
  const registry = { COMPAT_REGISTRY: '127.0.0.1:1' };
  const nowhere = { KUBECONFIG: '/nowhere/kubeconfig' };

  test.for([
    [['config', '-n', 'a'], {}, 'the matrix has 2 cells: name one. Cells: 4.5+4.8, 4.8+4.10'],
    [['config', '-n', 'a', '--cell', '4.8+4.11'], {}, 'found "4.8+4.11"; no such cell; did you mean "4.8+4.10"?'],
    [['config', '-n', 'a', '--cell', '4.8+4.10'], { COMPAT_REGISTRY: '' }, 'set COMPAT_REGISTRY (host[:port][/path])'],
    [['up', '4.8+4.10', '-n', 'a'], nowhere, 'kubeconfig /nowhere/kubeconfig cannot be read'],
    [['down'], nowhere, 'name either a cell, or a namespace (-n), or --all'],
    [['down', '4.8+4.10', '--all'], nowhere, 'name either a cell, or a namespace (-n), or --all'],
    [['health'], nowhere, 'name either a cell, or a namespace (-n)'],
    [['health', '4.8+4.10', '-n', 'a'], nowhere, 'name either a cell, or a namespace (-n)'],
    [['health', '4.8+4.10'], nowhere, 'kubeconfig /nowhere/kubeconfig cannot be read'],
    [['down', '--all'], nowhere, 'kubeconfig /nowhere/kubeconfig cannot be read'],
  ] as const)('%j', async ([args, env, words]) => {
    const { exitCode, stderr, stdout } = await run(await folderWith(MATRIX), args, { ...registry, ...env });
    expect(stderr).toContain(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  });

  test('a folder of somebody else is not written over', async () => {
    const cwd = await folderWith(MATRIX);
    await mkdir(join(cwd, 'config'));
    await writeFile(join(cwd, 'config/mine.yaml'), '');
    const { exitCode, stderr } = await run(cwd, ['config', '-n', 'a', '--cell', '4.8+4.10'], registry);
    expect(stderr).toMatch(
      /config holds files that corda-compat has not written \(mine\.yaml\)\. Name another folder with --out/,
    );
    expect(exitCode).toBe(1);
  });

  test('what files cannot do yet is refused', async () => {
    const cwd = await folderWith({ ...MATRIX, topology: { database: 'postgresql' } });
    const { stderr } = await run(cwd, ['config', '-n', 'a', '--cell', '4.8+4.10'], registry);
    expect(stderr).toMatch(
      /databases on a PostgreSQL server, which a network by hand does not start: set topology\.database to "h2"/,
    );
    const registering = await folderWith({ ...MATRIX, topology: { onboarding: 'doorman', notaries: 2 } });
    const second = await run(registering, ['config', '-n', 'a', '--cell', '4.8+4.10'], registry);
    expect(second.stderr).toMatch(/has 2 notaries that register with a doorman, .*: set topology\.notaries to 1/);
  });
});
