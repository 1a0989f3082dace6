import Docker from 'dockerode';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exists, writeDurably } from '../../src/harness/support/files.ts';
import { carriesMarker, isAlive, lookUpProcess, endProcesses } from '../../src/harness/support/processes.ts';
import { waitUntil } from '../../src/harness/support/wait.ts';
import { engineAnswers, engineSocket, registryAnswers, startEngine, startRegistry } from './docker/daemons.ts';
import { machineNetwork, networkLeftovers, restoreNetwork, type MachineNetwork } from './docker/machine-network.ts';
import { envText } from './env-text.ts';
import { exclusively } from './exclusively.ts';
import { FORWARDING, holdSettings, releaseSettings } from './kernel-settings.ts';
import { cannotRun, DOCKER_PACKAGES, installPackages } from './packages.ts';
import { endCgroups, removeRuntimeFiles, RIG_MARKER, rigRemains, unmountBelow } from './remains.ts';

/** What tests and the harness are told of a rig: environment variables. */
export interface RigEnv {
  readonly DOCKER_HOST: string;
  readonly COMPAT_REGISTRY: string;
  readonly COMPAT_REGISTRY_USER: string;
  readonly COMPAT_REGISTRY_PASSWORD: string;
}

interface RigState {
  /** Before anything was started. */
  readonly before: MachineNetwork;
  readonly env?: RigEnv;
}

type Say = (text: string) => void;

/** Sockets below it: a path may have 100 letters or so. */
export const RIG_ROOT = join(homedir(), '.cache', 'corda-compat-rig');
const STOP_LIMIT_MS = 30_000;

/** A real Docker Engine and a real registry with a password: those that run already, or fresh ones. Installs packages. */
export async function bringUp(root: string, say: Say): Promise<RigEnv> {
  return await exclusively(root, async () => {
    const running = await runningRig(root);
    if (running) return running;
    const why = cannotRun();
    if (why !== undefined) throw new Error(`no Docker rig here: ${why}`);
    await installPackages(DOCKER_PACKAGES, say);
    if (await exists(root)) await remove(root);
    return await start(root, say);
  });
}

/** The environment of a rig that is up and answers. */
export async function runningRig(root: string): Promise<RigEnv | undefined> {
  const env = (await readState(root))?.env;
  if (!env || !(await engineAnswers(env.DOCKER_HOST))) return undefined;
  const registry = {
    address: env.COMPAT_REGISTRY,
    user: env.COMPAT_REGISTRY_USER,
    password: env.COMPAT_REGISTRY_PASSWORD,
  };
  return (await registryAnswers(registry)) ? env : undefined;
}

/** Ends a rig, however far it had come and whatever of it died. Resolves with what is left: nothing, that is. */
export async function takeDown(root: string): Promise<readonly string[]> {
  return await exclusively(root, async () => {
    const before = await remove(root);
    return [...(await rigRemains(root)), ...(before ? await networkLeftovers(before) : [])];
  });
}

async function start(root: string, say: Say): Promise<RigEnv> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const before = await machineNetwork();
  await writeState(root, { before });
  await holdSettings(root, [FORWARDING]);
  try {
    say(`starting a Docker Engine and a registry in ${root}`);
    const [host, registry] = await Promise.all([
      foreignEngine().then((own) => own ?? startEngine(root)),
      startRegistry(root),
    ]);
    const env: RigEnv = {
      DOCKER_HOST: host,
      COMPAT_REGISTRY: registry.address,
      COMPAT_REGISTRY_USER: registry.user,
      COMPAT_REGISTRY_PASSWORD: registry.password,
    };
    await writeFile(join(root, 'env'), envText({ ...env }), { mode: 0o600 });
    await writeState(root, { before, env });
    return env;
  } catch (error) {
    await remove(root);
    throw error;
  }
}

/** An engine that runs already is as good. */
async function foreignEngine(): Promise<string | undefined> {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  return (await engineAnswers(host)) ? host : undefined;
}

async function remove(root: string): Promise<MachineNetwork | undefined> {
  const state = await readState(root);
  const marker = { name: RIG_MARKER, value: root };
  const pid = Number(await readFile(join(root, 'docker.pid'), 'utf8').catch(() => '0'));
  // The engine first: it ends the rest in good order, which the rest does not.
  if (pid > 0) {
    await removeContainers(engineSocket(root));
    await endEngine(root, pid);
  }
  await endProcesses({ name: `the rig ${root}`, marker, graceMs: 5_000, limitMs: STOP_LIMIT_MS });
  await endCgroups(root);
  await unmountBelow(root);
  await removeRuntimeFiles();
  if (state) await restoreNetwork(state.before);
  await releaseSettings(root);
  await rm(root, { recursive: true, force: true });
  return state?.before;
}

/** Otherwise the engine gives each of them ten seconds to end. */
async function removeContainers(socketPath: string): Promise<void> {
  if (!(await engineAnswers(`unix://${socketPath}`))) return;
  const engine = new Docker({ socketPath });
  const all = await engine.listContainers({ all: true });
  await Promise.allSettled(all.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true })));
}

async function endEngine(root: string, pid: number): Promise<void> {
  const row = await lookUpProcess(pid);
  if (!row || !(await carriesMarker(pid, { name: RIG_MARKER, value: root }))) return;
  process.kill(pid, 'SIGTERM');
  const probe = async () => {
    return (await isAlive(row))
      ? { done: false as const, last: `pid ${pid}` }
      : { done: true as const, value: undefined };
  };
  // One that hangs is ended with all the others.
  await waitUntil(probe, { name: 'end of dockerd', limit: 15_000 }).catch(() => undefined);
}

async function readState(root: string): Promise<RigState | undefined> {
  const text = await readFile(join(root, 'state.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as RigState);
}

async function writeState(root: string, state: RigState): Promise<void> {
  await writeDurably(join(root, 'state.json'), JSON.stringify(state));
}
