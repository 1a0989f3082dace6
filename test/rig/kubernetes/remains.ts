import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the kubelet and the network plug-ins write, whatever they are told. */
const LOGS = '/var/log/containers';
const RESULTS = '/var/lib/cni/results';
/** Made, though ours are elsewhere. */
const NAMESPACES = '/run/netns';
const DEVICES = '/var/lib/kubelet/device-plugins';

/** Files that a cluster leaves outside its folder, for people. */
export async function outsideRemains(root: string): Promise<readonly string[]> {
  return (await outsideFiles(root)).map((path) => `file ${path}`);
}

/** Folders go only while they are empty: others may have something there. */
export async function removeOutsideFiles(root: string): Promise<void> {
  for (const path of await outsideFiles(root)) await rm(path, { force: true });
  const folders = [LOGS, RESULTS, dirname(RESULTS), NAMESPACES, DEVICES, dirname(DEVICES)];
  for (const path of folders) await rmdir(path).catch(() => undefined);
}

async function outsideFiles(root: string): Promise<readonly string[]> {
  const logs = await below(LOGS);
  const targets = await Promise.all(logs.map((path) => readlink(path).catch(() => '')));
  const results = await below(RESULTS);
  // They name the pod's network namespace, which has a file in the cluster's folder.
  const texts = await Promise.all(results.map((path) => readFile(path, 'utf8').catch(() => '')));
  return [
    ...logs.filter((_, index) => targets[index]?.startsWith(`${root}/`)),
    ...results.filter((_, index) => texts[index]?.includes(`${root}/`)),
    ...(await deadDevices()),
  ];
}

/** While somebody listens there, they are another kubelet's. */
async function deadDevices(): Promise<readonly string[]> {
  const listening = await readFile('/proc/net/unix', 'utf8');
  return listening.includes(`${DEVICES}/`) ? [] : await below(DEVICES);
}

async function below(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}
