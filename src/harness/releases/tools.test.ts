import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContentCache } from './cache.ts';
import type { JavaRuntime, NodeKit } from './artefacts.ts';
import { SILENT } from '../support/progress.ts';
import { buildTools, type BuildToolsOptions } from './tools.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tools-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A compiler that writes down its arguments, makes the one class that each jar needs, and does what else it is told to. */
async function jdk(more = ''): Promise<JavaRuntime> {
  const javac = join(folder, 'javac');
  const script = [
    '#!/bin/sh',
    `echo "$@" >> ${folder}/asked`,
    'while [ "$1" != -d ]; do shift; done',
    'for jar in agent healthcheck; do mkdir -p "$2/compat/$jar"; echo class > "$2/compat/$jar/A.class"; done',
    more,
  ];
  await writeFile(javac, script.join('\n'));
  await chmod(javac, 0o755);
  return { major: 8, version: '1.8.0_1', home: folder, java: join(folder, 'java'), javac, origin: 'test' };
}

const cache: ContentCache = {
  entry: async ({ kind, key }, make) => {
    const entry = join(folder, `${kind}-${key}`);
    const there = await stat(entry).catch(() => undefined);
    if (there) return entry;
    await mkdir(entry);
    await make(entry);
    return entry;
  },
};

function kit(rpc: 'amqp' | 'kryo', sha256 = 'abc'): NodeKit {
  const release = { version: '4.5', node: { sha256 }, facts: { rpc } };
  return { release, classPath: ['/corda.jar', '/other.jar'] } as unknown as NodeKit;
}

async function options(more: Partial<BuildToolsOptions> = {}): Promise<BuildToolsOptions> {
  const signal = new AbortController().signal;
  const compiler = more.jdk ?? (await jdk());
  return { kit: kit('amqp'), cache, progress: SILENT, limit: 20_000, signal, ...more, jdk: compiler };
}

async function compilations(): Promise<readonly string[]> {
  return (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
}

describe('buildTools', () => {
  test('compiles all parts in one go, once for the same jars and compiler', async () => {
    const tools = await buildTools(await options());
    expect(await buildTools(await options())).toEqual(tools);
    const [only, ...further] = await compilations();
    expect(further).toEqual([]);
    for (const part of ['minter/compat/minter/Main.java', 'driver/compat/driver/Main.java', 'NullContract.java']) {
      expect(only).toContain(part);
    }
    expect(only).toContain('-cp /corda.jar:/other.jar');
    expect(await readFile(join(tools.classes, 'compat-log4j2.xml'), 'utf8')).toContain('<Configuration');
    expect(tools.healthcheck).toMatchObject({ signed: false });
    expect(await readFile(tools.agent, 'latin1')).toContain('Premain-Class: compat.agent.JolokiaInOrder');
  });

  test('compiles again for other jars', async () => {
    await buildTools(await options());
    await buildTools(await options({ kit: kit('amqp', 'def') }));
    expect(await compilations()).toHaveLength(2);
  });

  test('3.x has no minter', async () => {
    expect(await buildTools(await options({ kit: kit('kryo') }))).toMatchObject({ minter: false });
    expect((await compilations())[0]).not.toContain('minter/');
  });

  test('what javac says ends as not-built', async () => {
    const broken = await jdk('echo "Flows.java:7: error: cannot find symbol" >&2; exit 1');
    await expect(buildTools(await options({ jdk: broken }))).rejects.toMatchObject({
      failure: {
        outcome: 'not-built',
        step: 'build',
        message: expect.stringContaining('against Corda 4.5') as string,
        words: ['Flows.java:7: error: cannot find symbol'],
      },
    });
  });

  test('a runtime without a compiler is told as such', async () => {
    const { javac, ...jre } = await jdk();
    expect(javac).toBeDefined();
    await expect(buildTools(await options({ jdk: jre }))).rejects.toThrow(/has no javac/);
  });
});
