import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import pLimit from 'p-limit';
import { IN_IMAGE } from './image.ts';
import type { JavaRuntime } from '../releases/artefacts.ts';
import { blocked } from '../support/step-error.ts';
import { exists, isWithin } from '../support/files.ts';
import { runCommand } from '../support/run-command.ts';
import type { LayerEntry } from './layers.ts';

/** Files that running programs do not need: sources, examples, headers, modules to link from. */
const LEFT_OUT = new Set(['src.zip', 'demo', 'sample', 'man', 'include', 'jmods']);
/** Screens and sound: their libraries are not in an image. */
const HEADFUL = /awt|splash|font|jsound|lcms|mlib|javajpeg|freetype/;
/**
 * Java looks for these by name while it runs: Java 8 takes its clock from librt, older C libraries their name
 * services from the others.
 */
const BY_NAME = ['librt.so.1', 'libpthread.so.0', 'libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'];
const LOADERS_AT_ONCE = 4;
const LIST_LIMIT_MS = 20_000;

/**
 * A Java runtime of this machine with the C library that it needs, in the form for an image: without compilers, with
 * outside links replaced by their targets, with programs that run by the image's own loader.
 *
 * @throws StepError blocked for a Java that is not of a 64-bit glibc system
 */
export async function javaFiles(runtime: JavaRuntime, signal: AbortSignal): Promise<readonly LayerEntry[]> {
  const jre = join(runtime.home, 'jre');
  const home = await realpath((await exists(join(jre, 'bin/java'))) ? jre : runtime.home);
  const loader = await loaderOf(runtime);
  const files = await tree(home, IN_IMAGE.javaHome, home);
  const libraries = new Map<string, string>();
  const limit = pLimit(LOADERS_AT_ONCE);
  const prepare = async (entry: LayerEntry): Promise<LayerEntry> => {
    if (entry.kind !== 'file' || typeof entry.from !== 'string') return entry;
    const content = await programOf(entry.from);
    if (!content) return entry;
    if (!HEADFUL.test(basename(entry.from))) await addNeeded(libraries, { file: entry.from, home, loader, signal });
    const named = interpreterOf(content);
    if (named === undefined || named === loader.inImage) return entry;
    return { ...entry, from: withInterpreter(content, loader.inImage) };
  };
  const entries = await Promise.all(files.map((entry) => limit(() => prepare(entry))));
  for (const name of BY_NAME) {
    const file = join(loader.folder, name);
    if (await exists(file)) libraries.set(`${loader.libraries}/${name}`, file);
  }
  libraries.set(loader.inImage, loader.file);
  return [...entries, ...withFolders(await libraryEntries(libraries))];
}

interface Loader {
  /** Real path on this machine. */
  readonly file: string;
  readonly folder: string;
  /** The path where programs look for it in the image. */
  readonly inImage: string;
  /** The folder where it looks for libraries in the image. */
  readonly libraries: string;
}

async function loaderOf({ java, home, origin }: JavaRuntime): Promise<Loader> {
  const content = await readFile(await realpath(java));
  const named = isElf(content) ? interpreterOf(content) : undefined;
  const name = named === undefined ? '' : basename(named);
  const [, machine = ''] = /^ld-linux-(x86-64|aarch64)\.so/.exec(name) ?? [];
  if (named === undefined || machine === '') {
    throw blocked(
      'build',
      `no base image can be made of ${home} (${origin}): it is not a Java for Linux with glibc on x64 or arm64 (its loader ` +
        `is ${named ?? 'unknown'}). Name an image with COMPAT_BASE_IMAGE`,
    );
  }
  const file = await realpath(named);
  const triplet = machine === 'aarch64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  // Fedora and its kin look in other folders than Debian and its kin.
  const debian = basename(dirname(file)) === triplet;
  return {
    file,
    folder: dirname(file),
    inImage: machine === 'aarch64' ? `/lib/${name}` : `/lib64/${name}`,
    libraries: debian ? `/lib/${triplet}` : '/lib64',
  };
}

/** The system libraries that a program or library needs, found by the loader itself. */
async function addNeeded(
  libraries: Map<string, string>,
  { file, home, loader, signal }: { file: string; home: string; loader: Loader; signal: AbortSignal },
): Promise<void> {
  const { stdout } = await runCommand({
    name: `libraries of ${file}`,
    file: loader.file,
    args: ['--library-path', loader.folder, '--list', file],
    env: { LC_ALL: 'C' },
    limit: LIST_LIMIT_MS,
    signal,
  });
  for (const [, path = ''] of stdout.matchAll(/=> (\/\S+) \(/g)) {
    const real = await realpath(path);
    // Java's own libraries find each other; a library that is not found belongs to a feature that no node uses.
    if (!isWithin(home, real) && real !== loader.file) libraries.set(`${loader.libraries}/${basename(path)}`, real);
  }
}

async function programOf(file: string): Promise<Buffer | undefined> {
  if (!/\/(bin\/[^/]+|jspawnhelper|[^/]+\.so(\.\d+)*)$/.test(file)) return undefined;
  const content = await readFile(file);
  return isElf(content) ? content : undefined;
}

async function libraryEntries(libraries: ReadonlyMap<string, string>): Promise<readonly LayerEntry[]> {
  return await Promise.all(
    [...libraries].map(async ([path, file]): Promise<LayerEntry> => {
      return { kind: 'file', path, from: await realpath(file), mode: 0o755 };
    }),
  );
}

function withFolders(files: readonly LayerEntry[]): readonly LayerEntry[] {
  const folders = new Set(files.flatMap(({ path }) => parents(path)));
  return [...[...folders].map((path) => ({ kind: 'folder' as const, path })), ...files];
}

function parents(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === '/' ? [] : [...parents(parent), parent];
}

/** A folder of this machine in the form for an image; links within `home` stay links. */
async function tree(folder: string, path: string, home: string): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [{ kind: 'folder', path }];
  for (const name of (await readdir(folder)).filter((each) => !LEFT_OUT.has(each))) {
    const [from, at] = [join(folder, name), `${path}/${name}`];
    const real = await realpath(from).catch(() => undefined);
    if (real === undefined) continue;
    const target = await readlink(from).catch(() => undefined);
    if (target !== undefined && isWithin(home, real)) {
      entries.push({ kind: 'link', path: at, target: relative(dirname(from), real) });
      continue;
    }
    const stats = await stat(real);
    if (stats.isDirectory()) entries.push(...(await tree(real, at, home)));
    else entries.push({ kind: 'file', path: at, from: real, mode: (stats.mode & 0o111) === 0 ? 0o644 : 0o755 });
  }
  return entries;
}

/** Offsets in the header of a 64-bit little-endian ELF file and in an entry of its table of segments. */
const HEADER = { class: 4, order: 5, table: 32, entrySize: 54, entries: 56 } as const;
const SEGMENT = { type: 0, offset: 8, fileSize: 32 } as const;
const INTERPRETER = 3;

/** Whether a file is a compiled program or library that containers of this project can run. */
function isElf(content: Buffer): boolean {
  const magic = content.subarray(0, 4).toString('latin1') === '\x7fELF';
  return magic && content[HEADER.class] === 2 && content[HEADER.order] === 1;
}

/** The loader in a program's header; `undefined` for libraries and static programs. */
function interpreterOf(program: Buffer): string | undefined {
  const place = interpreterPlace(program);
  return place && program.toString('latin1', place.start, place.end).replace(/\0+$/, '');
}

/** The same program with another loader, whose path must not be longer. */
function withInterpreter(program: Buffer, interpreter: string): Buffer {
  const place = interpreterPlace(program);
  if (!place) throw new Error('a program without a loader');
  if (interpreter.length + 1 > place.end - place.start) throw new Error(`no room for the loader's path ${interpreter}`);
  const changed = Buffer.from(program);
  changed.fill(0, place.start, place.end);
  changed.write(interpreter, place.start, 'latin1');
  return changed;
}

function interpreterPlace(program: Buffer): { readonly start: number; readonly end: number } | undefined {
  const table = Number(program.readBigUInt64LE(HEADER.table));
  const size = program.readUInt16LE(HEADER.entrySize);
  const count = program.readUInt16LE(HEADER.entries);
  for (let index = 0; index < count; index += 1) {
    const at = table + index * size;
    if (program.readUInt32LE(at + SEGMENT.type) !== INTERPRETER) continue;
    const start = Number(program.readBigUInt64LE(at + SEGMENT.offset));
    return { start, end: start + Number(program.readBigUInt64LE(at + SEGMENT.fileSize)) };
  }
  return undefined;
}
