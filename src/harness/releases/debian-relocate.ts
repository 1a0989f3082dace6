import { execa } from 'execa';
import { lstat, open, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** An unpacked Debian tree that holds Java, the C library it was built for, and patchelf. */
export interface DebianTree {
  /** Where it lies now. */
  readonly folder: string;
  /** Where it will lie when it is used. */
  readonly final: string;
  /** `x86_64-linux-gnu` */
  readonly triplet: string;
  /** `ld-linux-x86-64.so.2` */
  readonly loader: string;
}

const PATCH_LIMIT_MS = 120_000;

/**
 * Lets the programs of a Java home run from this tree alone: with the loader and the libraries beside them, not with the
 * machine's own, which may be older (or none at all, as on Alpine).
 */
export async function relocate(tree: DebianTree, home: string, signal: AbortSignal): Promise<void> {
  await retargetLinks(tree, home);
  for (const program of await programsIn(home)) await patch(tree, program, signal);
}

/** Debian keeps a JDK's configuration in /etc and links to it: the links are to lead into the tree. */
async function retargetLinks({ folder }: DebianTree, home: string): Promise<void> {
  for (const path of await filesBelow(home)) {
    if (!(await lstat(path)).isSymbolicLink()) continue;
    const target = await readlink(path);
    if (!target.startsWith('/')) continue;
    await rm(path);
    await symlink(relative(dirname(path), join(folder, target)), path);
  }
}

async function patch(tree: DebianTree, program: string, signal: AbortSignal): Promise<void> {
  const libraries = join(tree.folder, 'usr/lib', tree.triplet);
  // Both are made for each other and for nothing on this machine: patchelf itself runs by the unpacked loader.
  const command = join(libraries, tree.loader);
  const patchelf = ['--library-path', libraries, join(tree.folder, 'usr/bin/patchelf')];
  const options = { cancelSignal: signal, timeout: PATCH_LIMIT_MS };
  const { stdout: own } = await execa(command, [...patchelf, '--print-rpath', program], options);
  const path = [...own.split(':'), `$ORIGIN/${relative(dirname(program), libraries)}`].filter((part) => part !== '');
  const interpreter = join(tree.final, 'usr/lib', tree.triplet, tree.loader);
  // RPATH and not RUNPATH, so that it holds for the libraries' own needs as well.
  const change = ['--set-interpreter', interpreter, '--force-rpath', '--set-rpath', path.join(':')];
  await execa(command, [...patchelf, ...change, program], options);
}

/** Compiled programs of a JDK: those of its `bin` folders and the helper that starts other programs. */
async function programsIn(home: string): Promise<readonly string[]> {
  const candidates = (await filesBelow(home)).filter((path) => /\/bin\/[^/]+$|\/jspawnhelper$/.test(path));
  const checked = await Promise.all(candidates.map(async (path) => ((await isProgram(path)) ? [path] : [])));
  return checked.flat();
}

async function isProgram(path: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  const handle = await open(path);
  try {
    const start = Buffer.alloc(4);
    await handle.read(start, 0, 4, 0);
    return start.toString('latin1') === '\x7fELF';
  } finally {
    await handle.close();
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
