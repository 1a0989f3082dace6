import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import {
  carriesMarker,
  describeProcess,
  isAlive,
  listByPs,
  listProcesses,
  lookUpProcess,
  parsePs,
  endProcesses,
  findProcesses,
} from './processes.ts';
import { waitUntil, WaitTimeout } from './wait.ts';

const NAME = 'SUPPORT_TEST_MARK';
const marker = { name: NAME, value: 'run/cell' };
const LIMITS = { name: 'processes of a test', graceMs: 200, limitMs: 10_000 };
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
}

/** A shell that has said `up`. */
async function shell(
  script: string,
  { mark, detached = false }: { mark?: string; detached?: boolean } = {},
): Promise<Started> {
  const env = { PATH: process.env['PATH'], ...(mark === undefined ? {} : { [NAME]: mark }) };
  const child = spawn('sh', ['-c', script], { env, detached, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0 };
}

const SLEEP = 'echo up; exec sleep 1000';
const STUBBORN = `trap '' TERM; ${SLEEP}`;

async function alive(pid: number): Promise<boolean> {
  return (await lookUpProcess(pid)) !== undefined;
}

test('marked processes are found by their value or one above it, others are not', async () => {
  const one = await shell(SLEEP, { mark: 'run/cell' });
  const two = await shell(SLEEP, { mark: 'run/cell-2' });
  const none = await shell(SLEEP);
  const pids = async (value: string): Promise<number[]> =>
    (await findProcesses({ marker: { name: NAME, value } }))
      .map((row) => row.pid)
      .filter((pid) => [one, two, none].some((each) => each.pid === pid));
  expect(await pids('run/cell')).toEqual([one.pid]);
  expect((await pids('run')).sort()).toEqual([one.pid, two.pid].sort());
  expect(await pids('ru')).toEqual([]);
  expect(await carriesMarker(none.pid, marker)).toBe(false);
});

test('SIGTERM first; SIGKILL after the grace for those that ignore it; others stay', async () => {
  const polite = await shell(`trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done`, { mark: 'run/cell' });
  const stubborn = await shell(STUBBORN, { mark: 'run/cell', detached: true });
  const other = await shell(SLEEP, { mark: 'other' });
  const exits = [once(polite.child, 'exit'), once(stubborn.child, 'exit')];
  // However long the polite one takes on a busy machine: the grace is over when it has left, and not before.
  const graceMs = 60_000;
  let isGraceOver = false;
  polite.child.once('exit', () => (isGraceOver = true));
  const clock = performance.now.bind(performance);
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock() + (isGraceOver ? graceMs : 0));
  onTestFinished(() => now.mockRestore());
  await endProcesses({ ...LIMITS, marker, graceMs, limitMs: 2 * graceMs });
  expect(await Promise.all(exits)).toEqual([
    [7, null],
    [null, 'SIGKILL'],
  ]);
  expect(await alive(other.pid)).toBe(true);
});

test('a group goes with its leader, also members without the mark and deaf to SIGTERM', async () => {
  const leader = await shell(`env -u ${NAME} sh -c "${STUBBORN}" & wait`, { mark: 'run/cell', detached: true });
  const members = async (): Promise<number[]> =>
    (await listProcesses()).filter((row) => row.group === leader.pid).map((row) => row.pid);
  expect((await members()).length).toBeGreaterThan(1);
  await endProcesses({ ...LIMITS, marker });
  expect(await members()).toEqual([]);
});

test('a recorded process is ended; one that only has its number is not', async () => {
  const { pid } = await shell(SLEEP);
  const row = await lookUpProcess(pid);
  expect(row).toBeDefined();
  await endProcesses({ ...LIMITS, recorded: [{ pid, started: 'another time' }] });
  expect(await alive(pid)).toBe(true);
  await endProcesses({ ...LIMITS, recorded: [{ pid, started: row?.started ?? '' }] });
  expect(await alive(pid)).toBe(false);
});

test('this process is never selected', async () => {
  const self = await lookUpProcess(process.pid);
  expect(self && (await isAlive(self))).toBe(true);
  await endProcesses({ ...LIMITS, recorded: self ? [self] : [] });
});

test('what is still there at the limit is named', async () => {
  const { pid } = await shell(STUBBORN, { mark: 'run/cell' });
  const error: unknown = await endProcesses({ ...LIMITS, marker, graceMs: 60_000, limitMs: 300 }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WaitTimeout);
  expect((error as Error).message).toContain(`pid ${pid} (`);
  expect((error as Error).message).toContain('processes of a test: not within 0.3 s');
});

test('a zombie counts as gone', async () => {
  // The shell becomes a program that never asks for its child's end, which comes only then.
  const untilItIs = 'until ps -o comm= -p $$ | grep -q sleep; do :; done';
  const { pid } = await shell(`(${untilItIs}) & echo up; exec sleep 1000`, { detached: true });
  const zombie = await waitUntil(
    async () => {
      const { stdout } = await promisify(execFile)('ps', ['-ax', '-o', 'pid=', '-o', 'pgid=', '-o', 'stat=']);
      const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
      const row = rows.find(([, group, stat]) => group === String(pid) && stat?.startsWith('Z'));
      return row ? { done: true, value: Number(row[0]) } : { done: false, last: 'no zombie' };
    },
    { name: 'the zombie', limit: 5_000 },
  );
  expect(await alive(zombie)).toBe(false);
  const listed = (await listProcesses()).map((row) => row.pid);
  expect(listed).toContain(pid);
  expect(listed).not.toContain(zombie);
});

test('a process is described by command and telling words; one that is gone by its number', async () => {
  const { pid } = await shell(`echo up; exec sleep 1001`);
  await waitUntil(
    async () => {
      const words = await describeProcess(pid);
      return !words.includes('echo') ? { done: true, value: words } : { done: false, last: words };
    },
    { name: 'exec of sleep', limit: 5_000 },
  );
  expect(await describeProcess(pid)).toBe(`pid ${pid} (sleep 1001)`);
  expect(await describeProcess(2 ** 22 + 1)).toBe(`pid ${2 ** 22 + 1}`);
});

test('the columns of ps are read; zombies are left out', () => {
  const text = '    1     1 Ss   Mon Nov 23 15:36:01 2026\n  345   300 Z+   Mon Nov 23 15:40:00 2026\n\n';
  expect(parsePs(text)).toEqual([{ pid: 1, group: 1, started: 'Mon Nov 23 15:36:01 2026' }]);
});

test('ps tells the same processes and groups as /proc', async () => {
  const { pid } = await shell(SLEEP, { detached: true });
  const byPs = (await listByPs()).find((row) => row.pid === pid);
  expect(byPs).toMatchObject({ pid, group: pid });
  expect(Date.parse(`${byPs?.started} UTC`)).toBeGreaterThan(Date.now() - 3_600_000);
});
