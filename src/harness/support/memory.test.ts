import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { availableMemoryMb } from './memory.ts';

const MB = 1024 * 1024;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-'));
  await writeFile(join(folder, 'meminfo'), 'MemTotal: 8192000 kB\nMemAvailable:    4096000 kB\n');
});

afterEach(() => rm(folder, { recursive: true }));

async function group(name: string, files: Record<string, string>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return path;
}

const available = (cgroup: string): Promise<number> => availableMemoryMb({ meminfo: join(folder, 'meminfo'), cgroup });

test('the machine’s where no control group limits it', async () => {
  expect(await available(await group('free', { 'memory.max': 'max\n', 'memory.current': '1\n' }))).toBe(4000);
});

test('the control group’s where that is less; files in memory give way', async () => {
  const limits = { 'memory.max': `${1000 * MB}`, 'memory.current': `${900 * MB}` };
  expect(await available(await group('tight', limits))).toBe(100);
  const stat = `anon 5\ninactive_file ${300 * MB}\n`;
  expect(await available(await group('cached', { ...limits, 'memory.stat': stat }))).toBe(400);
});

test('a parent’s limit counts for the child', async () => {
  await group('parent', { 'memory.max': `${500 * MB}`, 'memory.current': `${450 * MB}` });
  expect(await available(await group('parent/child', { 'memory.max': 'max' }))).toBe(50);
});

test('this machine has some', async () => {
  expect(await availableMemoryMb()).toBeGreaterThan(10);
});
