import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { JvmTools } from '../../../src/harness/releases/jvm-tools.ts';
import type { Artefact, JavaRuntime, NodeKit } from '../../../src/harness/releases/artefacts.ts';
import { jarFacts } from '../../rig/inspected-jar.ts';
import type { NodeLaunch, ServiceLaunch } from '../../../src/harness/providers/provider.ts';

/** A compiled TinyNode, ready to be launched as a node. */
export interface TinyNode {
  readonly kit: NodeKit;
  readonly runtime: JavaRuntime;
  launch(node: string, args: readonly string[]): NodeLaunch;
  launchService(service: string, args: readonly string[]): ServiceLaunch;
}

/** Compiles TinyNode.java with this machine's javac; class files and jar go into `folder`. */
export async function buildTinyNode(folder: string): Promise<TinyNode> {
  const javac = await findJavac();
  execFileSync(javac, ['-nowarn', '-d', join(folder, 'classes'), join(import.meta.dirname, 'TinyNode.java')]);
  const jar = join(folder, 'tiny-node.jar');
  await writeAgentJar(jar, join(folder, 'classes'));
  const home = dirname(dirname(javac));
  const runtime: JavaRuntime = { major: 8, version: '8', home, java: join(home, 'bin/java'), javac, origin: 'PATH' };
  const kit = kitOf(jar);
  const jvmArgs = ['-Xmx32m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];
  const common = { kit, runtime, jvmArgs };
  return {
    kit,
    runtime,
    launch: (node, args) => ({ node, ...common, nodeArgs: args }),
    launchService: (service, args) => {
      const tools = toolsOf(join(folder, 'classes'), kit.release.node);
      return { service, step: 'driver', ...common, tools, cordapps: [], mainClass: kit.mainClass, args, env: {} };
    },
  };
}

function toolsOf(classes: string, jar: Artefact): JvmTools {
  const healthcheck = { ...jar, signed: false, facts: jarFacts({}) };
  return { compiledAgainst: 'tiny', digest: jar.sha256, classes, minter: false, healthcheck, agent: jar.file };
}

function kitOf(jar: string): NodeKit {
  const artefact = { file: jar, name: 'tiny-node.jar', sha256: '0'.repeat(64), origin: jar };
  const facts = {
    line: '4.10',
    platformVersion: 12,
    java: 8,
    schema: 'at-start',
    shell: 'built-in',
    h2: '1.4.199',
    rpc: 'amqp',
    cli: 'subcommands',
    keepsRefusals: false,
    serviceIdentity: false,
    source: 'none: a test',
  } as const;
  const release = { id: 'tiny', source: { kind: 'jar', path: jar }, cordapps: [], jvmArgs: [] } as const;
  return {
    release: { release, node: artefact, version: 'tiny', facts, java: 8, cordapps: [] },
    classPath: [jar],
    classPathFolders: ['drivers'],
    agent: { jar, options: 'x=1,y' },
    jvmArgs: [],
    mainClass: 'TinyNode',
  };
}

async function findJavac(): Promise<string> {
  const homes = [process.env['JAVA_HOME'], process.env['COMPAT_JAVA_8_HOME']].filter((home) => home !== undefined);
  const folders = [...homes.map((home) => join(home, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const folder of folders) {
    const javac = await realpath(join(folder, 'javac')).catch(() => undefined);
    if (javac !== undefined) return javac;
  }
  throw new Error('this test compiles a small Java program: put a JDK on PATH, or name it in JAVA_HOME');
}

async function writeAgentJar(jar: string, classes: string): Promise<void> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('Manifest-Version: 1.0\nPremain-Class: TinyNode\n'), 'META-INF/MANIFEST.MF');
  for (const name of await readdir(classes)) zip.addBuffer(await readFile(join(classes, name)), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(jar));
}
