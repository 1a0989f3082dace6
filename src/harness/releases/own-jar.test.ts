import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HEALTHCHECK_JAR, writeOwnJar } from './tools.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-jar-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The jar's digest, from classes written in this order at that time. */
async function jarOf(run: string, files: readonly (readonly [string, string])[], written: Date): Promise<string> {
  const classes = join(folder, run);
  const own = join(classes, HEALTHCHECK_JAR.classes);
  await mkdir(own, { recursive: true });
  for (const [name, text] of files) {
    await writeFile(join(own, name), text);
    await utimes(join(own, name), written, written);
  }
  const jar = await writeOwnJar(HEALTHCHECK_JAR, classes, classes);
  return createHash('sha256')
    .update(await readFile(jar))
    .digest('hex');
}

test('the same classes give the same bytes, whenever and in whatever order they were written', async () => {
  const a = ['A.class', 'one'] as const;
  const b = ['B.class', 'two'] as const;
  const first = await jarOf('first', [a, b], new Date(2021, 1, 1));
  expect(await jarOf('second', [b, a], new Date(2026, 6, 7))).toBe(first);
  expect(await jarOf('third', [a, ['B.class', 'changed']], new Date(2021, 1, 1))).not.toBe(first);
});
