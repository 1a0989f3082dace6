import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { agentOption, serviceClassPath } from '../../releases/jvm-tools.ts';
import { SPACE_MARKER } from '../../cleanup/ledger.ts';
import { type Step, blocked, bug } from '../../support/step-error.ts';
import type { JavaRuntime } from '../../releases/artefacts.ts';
import { lookUpProcess, type ProcessRef } from '../../support/processes.ts';
import type { NodeExit, NodeLaunch, ServiceLaunch } from '../provider.ts';
import { CONSOLE_LOG } from '../containers.ts';
import { jarsOfFolders } from '../space.ts';

/** Where the JVM and its libraries put what would otherwise stay in the machine's own temporary folder. */
const TEMPORARY = 'tmp';
/** A node sees these of the user's environment. Corda would take `CORDA_…` for configuration, Java `JAVA_TOOL_OPTIONS`. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ'] as const;

export interface NodeProcess {
  readonly pid: number;
  /** Absent when it was gone before it could be looked at. */
  readonly ref?: ProcessRef;
  /** Resolves when the process is gone. */
  readonly exited: Promise<NodeExit>;
  /** Set as soon as it is gone. */
  exit?: NodeExit;
}

/** The harness's own options come first, so that a release's or the user's win. */
function ownOptions(stagingFolder: string): readonly string[] {
  // Otherwise a killed JVM leaves a file in the machine's temporary folder.
  return [`-Djava.io.tmpdir=${join(stagingFolder, TEMPORARY)}`, '-XX:-UsePerfData'];
}

/** Command line of a node after `java`. */
function nodeArguments(
  { kit, jvmArgs, nodeArgs }: NodeLaunch,
  { stagingFolder, folderJars }: { stagingFolder: string; folderJars: readonly string[] },
): readonly string[] {
  return [
    ...ownOptions(stagingFolder),
    ...jvmArgs,
    agentOption(kit.agent),
    '-classpath',
    [...kit.classPath, ...folderJars].join(delimiter),
    kit.mainClass,
    ...nodeArgs,
    '--base-directory',
    stagingFolder,
  ];
}

/** Command line of a service after `java`. */
function serviceArguments(launch: ServiceLaunch, stagingFolder: string): readonly string[] {
  const { jvmArgs, mainClass, args } = launch;
  const classPath = serviceClassPath(launch).join(delimiter);
  return [...ownOptions(stagingFolder), ...jvmArgs, '-classpath', classPath, mainClass, ...args];
}

/** The environment of a node or service: nothing that is not passed on purpose. */
function nodeEnvironment(env: NodeJS.ProcessEnv, marker: string): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(passed), [SPACE_MARKER]: marker };
}

/** Where a program is started, and by what it is found again. */
export interface Whereabouts {
  readonly stagingFolder: string;
  readonly marker: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a node as the leader of a process group of its own, output to `console.log`, no input.
 * @throws StepError blocked when Java itself cannot be started
 */
export async function launchNode(launch: NodeLaunch, where: Whereabouts): Promise<NodeProcess> {
  const { node, kit, runtime } = launch;
  const { stagingFolder } = where;
  const folderJars = (await jarsOfFolders(stagingFolder, kit.classPathFolders)).map((jar) => join(stagingFolder, jar));
  const args = nodeArguments(launch, { stagingFolder, folderJars });
  return await launchJvm({ what: `${node} (${kit.release.release.id})`, step: 'start', runtime, args }, where);
}

/** Starts a service as `launchNode` does a node. @throws StepError blocked when Java itself cannot be started */
export async function launchService(launch: ServiceLaunch, where: Whereabouts): Promise<NodeProcess> {
  const { service, step, runtime, env } = launch;
  const args = serviceArguments(launch, where.stagingFolder);
  return await launchJvm({ what: service, step, runtime, args, own: env }, where);
}

interface JvmLaunch {
  /** For messages. */
  readonly what: string;
  readonly step: Step;
  readonly runtime: JavaRuntime;
  readonly args: readonly string[];
  /** Environment of its own. */
  readonly own?: Readonly<Record<string, string>>;
}

async function launchJvm({ what, step, runtime, args, own }: JvmLaunch, { stagingFolder, marker, env }: Whereabouts) {
  await mkdir(join(stagingFolder, TEMPORARY), { recursive: true });
  const output = await open(join(stagingFolder, CONSOLE_LOG), 'a', 0o600);
  try {
    // Not by execa: a node leads a process group, writes to its log by itself, and may outlive this process until it is reaped.
    const child = spawn(runtime.java, args, {
      cwd: stagingFolder,
      env: { ...nodeEnvironment(env, marker), ...own },
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    const exited = new Promise<NodeExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    return await describe(child.pid, exited);
  } catch (error) {
    throw blocked(
      step,
      `${what}: ${runtime.java} (${runtime.origin}) could not be started: ${(error as Error).message}. ` +
        `Run npx corda-compat doctor`,
      { cause: error },
    );
  } finally {
    await output.close();
  }
}

async function describe(pid: number | undefined, exited: Promise<NodeExit>): Promise<NodeProcess> {
  if (pid === undefined) bug('a started process without a number');
  const row = await lookUpProcess(pid);
  const node: NodeProcess = { pid, exited, ...(row ? { ref: { pid, started: row.started } } : {}) };
  void exited.then((exit) => (node.exit = exit));
  return node;
}
