import { execa } from 'execa';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findProcesses } from '../../src/harness/support/processes.ts';
import { exists } from '../../src/harness/support/files.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';

/** Environment variable of everything that a rig starts; its value is the rig's folder. */
export const RIG_MARKER = 'CORDA_COMPAT_RIG';
const CGROUPS = '/sys/fs/cgroup';

/** Parent of the control groups of all of a rig's containers. */
export function cgroupOf(root: string): string {
  return basename(root);
}

/** Processes, mounts, control groups and the folder of a rig, for people: looked for, not remembered. */
export async function rigRemains(root: string): Promise<readonly string[]> {
  const processes = await findProcesses({ marker: { name: RIG_MARKER, value: root } });
  return [
    ...processes.map(({ pid }) => `process ${pid}`),
    ...(await mountsBelow(root)).map((path) => `mount ${path}`),
    ...(await cgroups(root)).map((path) => `control group ${path}`),
    ...((await exists(root)) ? [`folder ${root}`] : []),
  ];
}

/** Deepest first. Links among a mount's parents are resolved by the kernel: the rig's folder has none. */
async function mountsBelow(root: string): Promise<readonly string[]> {
  const table = await readFile('/proc/self/mounts', 'utf8');
  const paths = table.split('\n').map((line) => line.split(' ')[1] ?? '');
  return paths.filter((path) => path.startsWith(`${root}/`)).reverse();
}

/** @throws Error where something stays mounted: removing the folder would then remove what is in it */
export async function unmountBelow(root: string): Promise<void> {
  for (const path of await mountsBelow(root)) await execa('umount', ['--lazy', path], { reject: false });
  const left = await mountsBelow(root);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
}

/** What an engine and its containers' keepers make outside its own folders. */
const PLUGINS = '/run/docker/plugins';
const SOCKETS = '/run/containerd/s';

/** Removes what engines leave in /run; sockets that somebody listens on stay. */
export async function removeRuntimeFiles(): Promise<void> {
  const listening = await readFile('/proc/net/unix', 'utf8');
  for (const name of await readdir(SOCKETS).catch(() => [])) {
    const path = join(SOCKETS, name);
    if (!listening.includes(path)) await rm(path, { force: true });
  }
  // Only while they are empty.
  for (const path of [SOCKETS, dirname(SOCKETS), PLUGINS, dirname(PLUGINS)]) await rmdir(path).catch(() => undefined);
}

/** Makes a parent of control groups in every hierarchy. */
export async function makeCgroups(root: string): Promise<void> {
  const controllers = await readFile(join(CGROUPS, 'cgroup.controllers'), 'utf8').catch(() => undefined);
  if (controllers !== undefined) {
    // Version 2: what is not passed on is not there further down.
    const all = controllers.trim().split(' ');
    await writeFile(join(CGROUPS, 'cgroup.subtree_control'), all.map((name) => `+${name}`).join(' '));
    await mkdir(join(CGROUPS, cgroupOf(root)), { recursive: true });
    return;
  }
  const hierarchies = (await readdir(CGROUPS)).map((name) => join(CGROUPS, name));
  for (const path of hierarchies) {
    if (await exists(join(path, 'cgroup.procs'))) await mkdir(join(path, cgroupOf(root)), { recursive: true });
  }
}

/** Ends what runs in containers of an engine that is gone, and removes their control groups. */
export async function endCgroups(root: string): Promise<void> {
  const probe = async () => {
    for (const path of await cgroups(root)) {
      const pids = (await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
      for (const pid of pids) kill(Number(pid));
      await rmdir(path).catch(() => undefined);
    }
    const left = await cgroups(root);
    return left.length === 0
      ? { done: true as const, value: undefined }
      : { done: false as const, last: left.join(', ') };
  };
  await waitUntil(probe, { name: 'end of the containers’ control groups', limit: 10_000 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Of every hierarchy (version 1) or the one there is (version 2), children before parents. */
async function cgroups(root: string): Promise<readonly string[]> {
  const names = await readdir(CGROUPS).catch(() => []);
  const tops = [join(CGROUPS, cgroupOf(root)), ...names.map((name) => join(CGROUPS, name, cgroupOf(root)))];
  const found = await Promise.all(tops.map(foldersBelow));
  return found.flat();
}

async function foldersBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => foldersBelow(join(path, entry.name))),
  );
  return [...below.flat(), path];
}
