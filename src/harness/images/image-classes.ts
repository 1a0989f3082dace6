import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import type { JavaRuntime } from '../releases/artefacts.ts';
import { runJavac, STORED } from '../releases/tools.ts';
import { notBuilt } from '../support/step-error.ts';
import type { ImagesContext } from './ensure-images.ts';
import type { ImageClasses } from './layers.ts';
import { digest } from '../support/once.ts';
import { NotAJar, withJar } from '../support/jar.ts';

const SOURCES = fileURLToPath(new URL('../../jvm/image/compat/image/', import.meta.url));
const COMPILE_LIMIT_MS = 120_000;

/** Compiles `src/jvm/image`, once for the same sources and compiler. It needs no release. @throws StepError */
export async function imageClasses(runtime: JavaRuntime, ctx: ImagesContext): Promise<ImageClasses> {
  const names = (await readdir(SOURCES)).filter((name) => name.endsWith('.java')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(SOURCES, name), 'utf8')));
  const key = digest([runtime.version, texts]);
  const id = { kind: 'image-classes', key, step: 'build' as const };
  const folder = join(await ctx.cache.entry(id, (made) => compile(names, made, { runtime, ctx })), 'compat/image');
  const classes = (await readdir(folder)).sort();
  return new Map(await Promise.all(classes.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

async function compile(
  names: readonly string[],
  made: string,
  { runtime, ctx }: { readonly runtime: JavaRuntime; readonly ctx: ImagesContext },
): Promise<void> {
  await mkdir(made, { recursive: true });
  const args = ['-g:none', '-d', made, ...names.map((name) => join(SOURCES, name))];
  const run = { name: 'javac of src/jvm/image', args, limit: COMPILE_LIMIT_MS, signal: ctx.signal };
  const { code, output } = await runJavac(runtime, { what: 'the health check of images', ...run });
  if (code !== 0) throw notBuilt('build', `src/jvm/image does not compile with ${runtime.javac}: ${output.trim()}`);
}

const NESTED = /^[^/\\]+\.jar$/;

/**
 * A capsule without its jars, which lie beside it in an image: the class path needs its own files only. The same
 * capsule gives the same bytes everywhere. Other files come unchanged.
 */
export async function withoutNestedJars(capsule: string): Promise<Buffer | string> {
  try {
    return await withJar(capsule, async (jar) => {
      const zip = new yazl.ZipFile();
      for (const name of jar.names.filter((each) => !NESTED.test(each))) {
        zip.addBuffer((await jar.read(name)) ?? Buffer.alloc(0), name, STORED);
      }
      zip.end();
      return await buffer(zip.outputStream);
    });
  } catch (error) {
    if (error instanceof NotAJar) return capsule;
    throw error;
  }
}
