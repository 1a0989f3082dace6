import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startReaper } from '../../src/harness/cleanup/reaper.ts';
import { createRunFolder, newRunId } from '../../src/harness/cleanup/run-folder.ts';
import { sweep } from '../../src/harness/cleanup/sweep.ts';
import { undoRun } from '../../src/harness/cleanup/undo.ts';
import { absent, exists } from '../../src/harness/support/files.ts';
import { isPortFree } from '../../src/harness/support/ports.ts';
import { lookUpProcess, residentMb } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import type { HostWord } from './run-host/run-host.ts';

const LIMIT_MS = 60_000;
let folder: string;
const root = (): string => join(folder, 'state');
const hosts: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reaper-'));
  await mkdir(join(folder, 'build'));
});

afterEach(async () => {
  for (const host of hosts.splice(0)) host.kill('SIGKILL');
  // Nothing, unless a test has failed.
  const runs = (await readdir(root()).catch(() => [])).filter((name) => /^\d/.test(name));
  for (const runId of runs) await undoRun(join(root(), runId), runId);
  await rm(folder, { recursive: true, force: true });
});

/** Starts a run in little; resolves with what it said last when it has done `until`. */
async function startHost(end: 'wait' | 'tidy' | 'exit' | 'hand-over', until: HostWord['did'] = 'all') {
  const program = join(import.meta.dirname, 'run-host/run-host.ts');
  const host = spawn(process.execPath, ['--import', 'tsx', program, root(), join(folder, 'build'), end], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  hosts.push(host);
  for await (const line of createInterface({ input: host.stdout })) {
    const word = JSON.parse(line) as HostWord;
    if (word.did === until) return { host, pid: host.pid ?? 0, word };
  }
  throw new Error(`the run ended before it had done ${until}`);
}

/** Everything that a run had is gone: looked for until a limit, and named if not. */
async function expectNothingLeft(word: HostWord): Promise<void> {
  await waitUntil(
    async () => {
      const pids = [...word.pids, word.reaper ?? 0].filter((pid) => pid > 0);
      const rows = await Promise.all(pids.map(lookUpProcess));
      const alive = rows.flatMap((row) => (row ? [`pid ${row.pid}`] : []));
      // The last one to end removes it, maybe now.
      const paths = await readdir(root()).catch(absent<string[]>([]));
      const left = [...alive, ...paths];
      return left.length === 0 ? { done: true, value: undefined } : { done: false, last: left.join(', ') };
    },
    { name: 'nothing left of the run', limit: LIMIT_MS },
  );
  expect(await exists(root())).toBe(false);
  for (let port = 28_400; port < 28_410; port += 1) expect(await isPortFree(port)).toBe(true);
}

describe('a run that dies is cleaned up', () => {
  test('SIGKILL of its main process', async () => {
    const { host, word } = await startHost('wait');
    expect(word.pids.filter((pid) => pid > 0)).toHaveLength(4);
    for (const pid of word.pids) expect(await lookUpProcess(pid)).toBeDefined();
    host.kill('SIGKILL');
    await expectNothingLeft(word);
  });

  test('SIGKILL of its whole process group', async () => {
    const { pid, word } = await startHost('wait');
    process.kill(-pid, 'SIGKILL');
    await expectNothingLeft(word);
  });

  test('an exit without teardown', async () => {
    const { word } = await startHost('exit');
    await expectNothingLeft(word);
  });

  test.each(['folder', 'reaper', 'space', 'node'] as const)('SIGKILL as soon as it has made: %s', async (until) => {
    const { host, word } = await startHost('wait', until);
    const exit = once(host, 'exit');
    host.kill('SIGKILL');
    await exit;
    if (until === 'folder') {
      // No reaper yet that anybody had heard of: the next run's sweep, unless one has started in the meantime.
      await waitUntil(
        async () => {
          const { items } = await sweep({ root: root(), dryRun: false });
          return items.some((item) => item.state === 'reaping')
            ? { done: false, last: JSON.stringify(items) }
            : { done: true, value: undefined };
        },
        { name: 'sweep', limit: LIMIT_MS },
      );
    }
    await expectNothingLeft(word);
  });

  test('the reaper stays when it is asked to end, or gets what the terminal sends', async () => {
    const { host, word } = await startHost('wait');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(word.reaper ?? 0, signal);
    // It has handled them before it handles the end of its input.
    host.kill('SIGKILL');
    await expectNothingLeft(word);
  });

  test('by a sweep, when the reaper was killed as well', async () => {
    const { host, word } = await startHost('wait');
    const exit = once(host, 'exit');
    process.kill(word.reaper ?? 0, 'SIGKILL');
    host.kill('SIGKILL');
    await exit;
    const dry = await sweep({ root: root(), dryRun: true });
    expect(dry.items).toMatchObject([{ path: word.path, state: 'would-remove' }]);
    expect(await exists(word.path)).toBe(true);
    const { items, failed } = await sweep({ root: root(), dryRun: false });
    expect(items).toMatchObject([{ path: word.path, state: 'removed' }]);
    expect(failed).toBe(false);
    await expectNothingLeft(word);
  });
});

describe('a run that ends by itself', () => {
  test('leaves nothing, no reaper and no log', async () => {
    const { host, word } = await startHost('tidy');
    const [code] = (await once(host, 'exit')) as [number | null];
    expect(code).toBe(0);
    // At once, not after a while: nobody is left who could tidy up later.
    expect(await lookUpProcess(word.reaper ?? 0)).toBeUndefined();
    await expectNothingLeft(word);
  });

  test('hands over what it cannot undo: the reaper removes the rest, writes down what stays, and a sweep says so', async () => {
    const { word } = await startHost('hand-over');
    const log = join(root(), `reaper-${word.path.split('/').at(-1)}.log`);
    await waitUntil(
      async () =>
        (await exists(log)) && !(await lookUpProcess(word.reaper ?? 0))
          ? { done: true, value: undefined }
          : { done: false, last: 'no log' },
      { name: 'log of the reaper', limit: LIMIT_MS },
    );
    const text = await readFile(log, 'utf8');
    expect(text).toContain('1 of its leftovers could not be removed');
    expect(text).toContain('folder /: refused to remove "/"');
    for (const pid of word.pids) expect(await lookUpProcess(pid)).toBeUndefined();
    expect(await readdir(word.path)).not.toContain('4.8_4.10');
    // The host is gone by now or about to go; until then it is a living owner.
    await waitUntil(
      async () => {
        const { items, failed } = await sweep({ root: root(), dryRun: false });
        return failed ? { done: true, value: undefined } : { done: false, last: JSON.stringify(items) };
      },
      { name: 'failing sweep', limit: LIMIT_MS },
    );
  });
});

describe('the reaper', () => {
  async function startInFolder() {
    const run = await createRunFolder(root(), newRunId(new Date()));
    return { run, reaper: await startReaper(run.path) };
  }

  test('is a light process of its own session, deaf to the run’s NODE_OPTIONS', async () => {
    vi.stubEnv('NODE_OPTIONS', '--require /no/such/module');
    const { reaper } = await startInFolder();
    vi.unstubAllEnvs();
    const row = await lookUpProcess(reaper.pid);
    expect(row?.group).toBe(reaper.pid);
    expect(await residentMb(reaper.pid)).toBeLessThan(60);
    await reaper.done();
    await reaper.done();
    expect(await lookUpProcess(reaper.pid)).toBeUndefined();
  });

  test('has what programs that make credentials for a cluster need, and nothing that is for the run’s own Node', async () => {
    const needed = {
      AWS_PROFILE: 'ci',
      GOOGLE_APPLICATION_CREDENTIALS: '/key.json',
      AZURE_CLIENT_ID: 'id',
      HTTPS_PROXY: 'http://proxy:3128',
      NO_PROXY: 'cluster.example',
      SSL_CERT_FILE: '/ca.pem',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
    };
    for (const [name, value] of Object.entries(needed)) vi.stubEnv(name, value);
    vi.stubEnv('CORDA_COMPAT_SPACE', 'a run');
    vi.stubEnv('NODE_OPTIONS', '--require /no/such/module');
    const { reaper } = await startInFolder();
    vi.unstubAllEnvs();
    const environment = (await readFile(`/proc/${reaper.pid}/environ`, 'utf8')).split('\0');
    await reaper.done();
    expect(environment).toEqual(expect.arrayContaining(Object.entries(needed).map((each) => each.join('='))));
    expect(environment.filter((each) => /^(CORDA_COMPAT_|NODE_OPTIONS|VITEST)/.test(each))).toEqual([]);
  });

  test('touches nothing when it is told that all is done', async () => {
    const { run, reaper } = await startInFolder();
    await writeFile(run.ledgerFile, '{"event":"record","id":"1","creation":{"kind":"folder","path":"/x"},"at":""}\n');
    await reaper.done();
    expect(await exists(run.ledgerFile)).toBe(true);
  });

  test('that cannot start ends the run before anything is made', async () => {
    const noFolder = join(folder, 'a-file');
    await writeFile(noFolder, '');
    await expect(startReaper(noFolder)).rejects.toMatchObject({
      failure: {
        outcome: 'blocked',
        step: 'space',
        message: expect.stringContaining('the reaper failed to start') as string,
      },
    });
  });
});
