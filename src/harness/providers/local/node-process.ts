import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SPACE_MARKER } from '../../domain/ledger.ts';
import { blocked } from '../../domain/step-error.ts';
import { lookUpProcess, type ProcessRef } from '../../support/process-table.ts';
import type { NodeExit, NodeLaunch, NodePlace } from '../provider.ts';

/** What the node writes to stdout and stderr, below its base directory. */
export const CONSOLE_LOG = 'console.log';
/** Where the JVM and its libraries put what would otherwise stay in the machine's own temporary folder. */
const TEMPORARY = 'tmp';
/** What a node may see of the user's environment: Corda takes `CORDA_…` for its configuration, Java `JAVA_TOOL_OPTIONS`. */
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

/** Command line after `java`: the harness's own options come first, so that a release's or the user's win. */
function javaArguments(
  { kit, jvmArgs, nodeArgs }: NodeLaunch,
  { stage, folderJars }: { stage: string; folderJars: readonly string[] },
): readonly string[] {
  const { jar, options } = kit.agent;
  return [
    `-Djava.io.tmpdir=${join(stage, TEMPORARY)}`,
    // Otherwise a killed JVM leaves a file in the machine's temporary folder.
    '-XX:-UsePerfData',
    ...jvmArgs,
    options === '' ? `-javaagent:${jar}` : `-javaagent:${jar}=${options}`,
    '-classpath',
    [...kit.classPath, ...folderJars].join(delimiter),
    kit.mainClass,
    ...nodeArgs,
    '--base-directory',
    stage,
  ];
}

/** The environment of a node: nothing that is not passed on purpose. */
function nodeEnvironment(env: NodeJS.ProcessEnv, marker: string): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(passed), [SPACE_MARKER]: marker };
}

/**
 * Starts a node as the leader of a process group of its own, output to `console.log`, no input.
 * @throws StepError blocked when Java itself cannot be started
 */
export async function launchNode(
  launch: NodeLaunch,
  { place, marker, env }: { place: NodePlace; marker: string; env: NodeJS.ProcessEnv },
): Promise<NodeProcess> {
  const { stage } = place;
  await mkdir(join(stage, TEMPORARY), { recursive: true });
  const args = javaArguments(launch, { stage, folderJars: await jarsOfFolders(stage, launch.kit.classPathFolders) });
  const output = await open(join(stage, CONSOLE_LOG), 'a', 0o600);
  try {
    const child = spawn(launch.runtime.java, args, {
      cwd: stage,
      env: nodeEnvironment(env, marker),
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    const exited = new Promise<NodeExit>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    await once(child, 'spawn');
    return await describe(child.pid, exited);
  } catch (error) {
    throw blocked(
      'start',
      `${launch.node} (${launch.kit.release.release.id}): ${launch.runtime.java} (${launch.runtime.origin}) could not be ` +
        `started: ${(error as Error).message}. Run npx corda-compat doctor`,
      { cause: error },
    );
  } finally {
    await output.close();
  }
}

async function describe(pid: number | undefined, exited: Promise<NodeExit>): Promise<NodeProcess> {
  if (pid === undefined) throw new Error('a started process without a number: this is a bug in the harness');
  const row = await lookUpProcess(pid);
  const node: NodeProcess = { pid, exited, ...(row ? { ref: { pid, started: row.started } } : {}) };
  void exited.then((exit) => {
    node.exit = exit;
  });
  return node;
}

async function jarsOfFolders(stage: string, folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(stage, folder)).catch(() => []);
      return names
        .filter((name) => name.endsWith('.jar'))
        .sort()
        .map((name) => join(stage, folder, name));
    }),
  );
  return lists.flat();
}
