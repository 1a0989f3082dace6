import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand, CommandTimeout, type CommandOptions } from './run-command.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-command-'));
});
afterAll(() => rm(folder, { recursive: true }));

function script(text: string, more: Partial<CommandOptions> = {}): CommandOptions {
  const signal = new AbortController().signal;
  return { name: 'script', file: process.execPath, args: ['-e', text], env: {}, limit: 20_000, signal, ...more };
}

test('gives status, output and what came on standard input back; the log has both streams', async () => {
  const logFile = join(folder, 'script.log');
  const text = `process.stdin.on('data', (d) => process.stdout.write('got ' + d)).on('end', () => { console.error('bye'); process.exitCode = 3; })`;
  const result = await runCommand(script(text, { input: 'spec', logFile }));
  expect(result).toMatchObject({ code: 3, signal: null, stdout: 'got spec' });
  expect(result.output).toContain('bye');
  const log = await readFile(logFile, 'utf8');
  expect(log).toContain('got spec');
  expect(log).toContain('bye');
});

test('passes on no environment but the one given', async () => {
  const { stdout } = await runCommand(script('console.log(JSON.stringify(process.env))', { env: { ONLY: 'this' } }));
  expect(JSON.parse(stdout)).toEqual({ ONLY: 'this' });
});

const SLEEPER = `require('child_process').spawn(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)'], { stdio: 'inherit' });`;

test('at the limit the whole group is killed and the last words are told', async () => {
  const failed = await runCommand(script(SLEEPER, { limit: 1_000 })).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(CommandTimeout);
  // The streams' ends were waited for, and the grandchild holds them: its last words are told only once it is gone, too.
  expect((failed as Error).message).toMatch(/^script: not done within 1 s; last output: \d+$/);
});

test('an abort kills it and gives the signal’s reason', async () => {
  const controller = new AbortController();
  const running = runCommand(script(SLEEPER, { signal: controller.signal }));
  controller.abort(new Error('Ctrl-C'));
  await expect(running).rejects.toThrow('Ctrl-C');
});

test('a program that is not there is the system’s error', async () => {
  await expect(runCommand(script('', { file: join(folder, 'none') }))).rejects.toThrow('ENOENT');
});
