import { constants, createReadStream } from 'node:fs';
import { lstat, mkdir, open, rename, rm, rmdir, access, stat } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { withLimit } from './wait.ts';

/** The folder below which every run of this user keeps its state and its spaces: `<os tmp>/corda-compat-<uid>`. */
export function defaultStateRoot(): string {
  return join(tmpdir(), `corda-compat-${userInfo().uid}`);
}

/**
 * Makes a folder (with its parents) that only this user can enter.
 * @throws Error when the path exists and is a link, no folder, or another user's: in a shared `/tmp` that is a trap
 */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stat = await lstat(path);
  const uid = userInfo().uid;
  if (!stat.isDirectory()) throw new Error(`${path} is not a folder: remove it, or set TMPDIR to a folder of your own`);
  if (uid >= 0 && stat.uid !== uid) {
    throw new Error(`${path} belongs to user ${stat.uid}, not to ${uid}: set TMPDIR to a folder of your own`);
  }
  if ((stat.mode & 0o077) !== 0) {
    throw new Error(`${path} is open to other users: run chmod 700 on it, or set TMPDIR to a folder of your own`);
  }
}

/** Whether a file, folder or link has this path. */
export async function exists(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a file begins with these bytes, told as latin1 text. */
export async function beginsWith(file: string, text: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(text.length);
    await handle.read(start, 0, start.length, 0);
    return start.toString('latin1') === text;
  } finally {
    await handle.close();
  }
}

/** Whether a folder, or a link to one, has this path. */
export async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** For `catch`: the value if the file or folder is not there; every other error is thrown on. */
export function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return value;
    throw error;
  };
}

/**
 * Removes a folder with all below it and looks whether it is gone; nothing there is fine.
 * @throws Error for a path that no run can have made, when it is still there, or after `limitMs`
 */
export async function removeFolder(path: string, limitMs: number): Promise<void> {
  refuseToRemove(path);
  const removal = rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  await withLimit(removal, { name: `removal of ${path}`, limit: limitMs });
  if (await exists(path)) throw new Error(`${path} is still there after its removal`);
}

/** Removes a folder if it is empty; otherwise, or when it is not there, does nothing. */
export async function removeIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EEXIST') throw error;
  });
}

/** Writes a file so that it is there whole, on disk, or not at all. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.part`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

/** Whether `path` is `folder` or is below it, by their text alone. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A ledger is a file, and files can be damaged: what holds the user's own work is never removed. */
function refuseToRemove(path: string): void {
  const holdsOthers = [homedir(), process.cwd(), tmpdir()].some((folder) => isWithin(path, folder));
  if (!isAbsolute(path) || dirname(path) === path || holdsOthers) {
    throw new Error(`refused to remove ${JSON.stringify(path)}: no run makes such a folder`);
  }
}

/** How text gets to the end of a file, and then to the disk. */
export type AppendToDisk = (path: string, text: string) => Promise<void>;

/** Appends and waits until the disk has it: what is appended outlives the process, and the machine's sudden end. */
export const appendToDisk: AppendToDisk = async (path, text) => {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    await file.appendFile(text);
    await file.datasync();
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
};

/** For a new file, the folder with its name must reach the disk as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Whether a file ends in the middle of a line. A file that is not there does not. */
export async function endsWithinLine(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(absent(undefined));
  if (!file) return false;
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    return size > 0 && last.toString() !== '\n';
  } finally {
    await file.close();
  }
}

/** The lines of a file that end with a newline, without it, however long the file is. */
export async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
