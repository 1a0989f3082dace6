import { join } from 'node:path';
import { SPACE_MARKER } from '../../src/harness/cleanup/ledger.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import type { Bench } from './bench.ts';
import { timed } from './figures.ts';

const ROOT = join(import.meta.dirname, '../..');
const LIMIT_MS = 600_000;
const PASSED_ON = ['PATH', 'HOME', 'COMPAT_CACHE', 'COMPAT_JAVA_8_HOME', 'COMPAT_MAVEN_REPOSITORY', 'XDG_CACHE_HOME'];

/** `npx vitest run --project <cell>` as a user starts it; its reports go to `results`. @throws Error where it fails */
export async function runCell(bench: Bench, cell: string): Promise<{ seconds: number; results: string }> {
  const results = join(bench.folder, 'results');
  const passed = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const env = {
    ...(Object.fromEntries(passed) as Record<string, string>),
    COMPAT_RESULTS: results,
    COMPAT_MATRIX: 'bench/matrix.json',
    [SPACE_MARKER]: `${bench.runId}/vitest`,
  };
  const args = ['vitest', 'run', '--project', cell];
  const command = { name: 'npx', file: '/usr/bin/env', args: ['npx', ...args], cwd: ROOT, env, limit: LIMIT_MS };
  const { seconds, value } = await timed(() => runCommand({ ...command, signal: bench.signal }));
  if (value.code !== 0)
    throw new Error(`npx ${args.join(' ')} ended with ${value.code}: ${value.output.slice(-3_000)}`);
  return { seconds, results };
}
