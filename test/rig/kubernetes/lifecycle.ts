import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isAlive, endProcesses } from '../../../src/harness/support/processes.ts';
import { recordedDaemon, startDaemon } from '../daemon.ts';
import { componentOf, type ComponentName } from './components.ts';
import type { ClusterPlan } from './plan.ts';

const STOP_LIMIT_MS = 30_000;

/** Starts a program of the cluster unless it runs. Resolves when it is well. */
export async function start(plan: ClusterPlan, name: ComponentName): Promise<void> {
  const { root } = plan;
  const self = await recordedDaemon(root, name);
  if (self && (await isAlive(self))) return;
  const component = componentOf(plan, name);
  const { file, args, files = {}, path } = component;
  for (const [at, text] of Object.entries(files)) {
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, text);
  }
  const daemon = { name, file, args, root, ...(path === undefined ? {} : { path }) };
  await startDaemon(daemon, () => component.lacks());
}

/** Ends a program of the cluster; what it has started goes on. `graceMs: 0` kills it. */
export async function stop({ root }: ClusterPlan, name: ComponentName, graceMs: number): Promise<void> {
  const self = await recordedDaemon(root, name);
  if (self) await endProcesses({ name, recorded: [self], graceMs, limitMs: STOP_LIMIT_MS });
}
