import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { toolJvmArgs } from '../../src/harness/releases/jvm-tools.ts';
import { SPACE_MARKER } from '../../src/harness/cleanup/ledger.ts';
import { hostPort } from '../../src/harness/corda/node-conf.ts';
import { cordappsOf } from '../../src/harness/provision/parts.ts';
import { placeOf, type CellZone } from '../../src/harness/provision/zone.ts';
import { runCommand } from '../../src/harness/support/run-command.ts';
import type { Bench } from '../lib/bench.ts';
import { RPC_USER } from '../lib/network.ts';

const SOURCE = join(import.meta.dirname, '../jvm/InProcess.java');
const MAIN = 'compat.driver.InProcess';
const HEAP_MB = 128;
const COMPILE_MS = 120_000;

/** A JVM that makes payments over RPC by itself. */
export interface InProcess {
  /** Seconds that so many payments took. */
  block(count: number, inFlight: number): Promise<number>;
  stop(): void;
}

/** Compiled with the driver's own compiler, run with the driver's own options and class path. */
export async function startInProcess(bench: Bench, zone: CellZone): Promise<InProcess> {
  const { cell, parts, space, signal } = zone;
  const { tools, kit, runtime } = parts.modern;
  const [payer, payee] = cell.topology.nodes.filter(({ notary }) => !notary);
  if (!payer || !payee || runtime.javac === undefined) throw new Error('two peers and a javac are needed');
  const classes = join(bench.folder, 'classes');
  await mkdir(classes, { recursive: true });
  const cordapps = cordappsOf(parts, payer).map(({ file }) => file);
  const classPath = [classes, tools.classes, ...kit.classPath, ...cordapps].join(delimiter);
  const env = { LC_ALL: 'C.UTF-8', [SPACE_MARKER]: space.id };
  const args = ['-proc:none', '-d', classes, '-cp', classPath, SOURCE];
  const compiled = await runCommand({ name: 'javac', file: runtime.javac, args, env, limit: COMPILE_MS, signal });
  if (compiled.code !== 0) throw new Error(compiled.output);
  const rpc = hostPort(placeOf(space, payer).addresses.rpc);
  const options = [...toolJvmArgs(runtime.major, HEAP_MB), '-cp', classPath, MAIN];
  const child = spawn(runtime.java, [...options, rpc, RPC_USER.user, RPC_USER.password, payee.party], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done) throw new Error(`${MAIN} ended with ${child.exitCode}`);
    return next.value;
  };
  await said();
  return {
    block: async (count, inFlight) => {
      child.stdin.write(`${count} ${inFlight}\n`);
      return Number(await said());
    },
    stop: () => end(child),
  };
}

function end(child: ChildProcess): void {
  child.stdin?.end();
}
