import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { toolJvmArgs } from '../../../src/harness/releases/jvm-tools.ts';
import { runCommand } from '../../../src/harness/support/run-command.ts';
import { withLimit } from '../../../src/harness/support/wait.ts';
import { JVM_LIMIT_MS as limit, type JvmRig } from '../../rig/jvm-rig.ts';

/** Makes what nodes send, true and forged; see ZoneForge.java. */
export interface ZoneForge {
  /** @throws Error what Corda's classes say */
  ask(...words: readonly string[]): Promise<string>;
  /** As `ask`, of what is answered in Base64. */
  make(...words: readonly string[]): Promise<Buffer<ArrayBuffer>>;
  close(): Promise<void>;
}

export async function startForge(rig: JvmRig, folder: string): Promise<ZoneForge> {
  const { jdk } = rig;
  const classes = join(folder, 'forge');
  await mkdir(classes);
  const classPath = [classes, rig.tools('4.5').classes, ...rig.kit('4.5').classPath].join(delimiter);
  const source = join(import.meta.dirname, 'ZoneForge.java');
  const args = ['-nowarn', '-source', '1.8', '-target', '1.8', '-d', classes, '-cp', classPath, source];
  const signal = new AbortController().signal;
  const compiled = await runCommand({ name: 'javac', file: jdk.javac ?? '', args, env: {}, limit, signal });
  if (compiled.code !== 0) throw new Error(compiled.output);

  const child = spawn(jdk.java, [...toolJvmArgs(8, 128), '-cp', classPath, 'ZoneForge'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {},
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (...words: readonly string[]): Promise<string> => {
    child.stdin.write(`${words.join('\t')}\n`);
    const next = await withLimit(answers.next(), { name: `answer to ${words[0] ?? ''}`, limit });
    const answer = String(next.value);
    if (!answer.startsWith('ok ')) throw new Error(answer);
    return answer.slice('ok '.length);
  };
  return {
    ask,
    make: async (...words) => Buffer.from(await ask(...words), 'base64'),
    close: async () => {
      child.stdin.end();
      await withLimit(exited, { name: 'end of the forge', limit });
    },
  };
}
