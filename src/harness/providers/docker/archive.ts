import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IN_IMAGE } from '../../images/image.ts';

/** The files of a staging folder that its volume has already: path to size and time. */
export type Sent = Map<string, string>;

interface FileToSend {
  /** Below the staging folder, with slashes. */
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly mark: string;
}

/** Loaded here, so that runs without containers do not load it. */
const tarStream = () => import('tar-stream');

/**
 * An archive of what is in a staging folder and not in its volume yet, owned by the images' user; folders of the base directory's own
 * come first. What a program changed in its volume is not put back: only files that are new or changed on this machine are sent.
 */
export async function packStagingFolder(
  stagingFolder: string,
  sent: Sent,
  besides: readonly string[],
): Promise<Readable> {
  const { pack } = await tarStream();
  const files = (await filesOf(stagingFolder)).filter(
    ({ path, mark }) => sent.get(path) !== mark && !besides.includes(path),
  );
  const archive = pack();
  const owner = { uid: IN_IMAGE.uid, gid: IN_IMAGE.uid };
  const write = async (): Promise<void> => {
    for (const path of foldersOf(files))
      archive.entry({ name: inBase(path), type: 'directory', mode: 0o700, ...owner });
    for (const { path, size, mode, mark } of files) {
      await pipeline(
        createReadStream(join(stagingFolder, path)),
        archive.entry({ name: inBase(path), size, mode, ...owner }),
      );
      sent.set(path, mark);
    }
    archive.finalize();
  };
  write().catch((error: unknown) => archive.destroy(error as Error));
  return Readable.from(archive);
}

/** Where the archive is unpacked. The base directory is in the archive, or its owner would be that of an empty volume. */
export const UNPACKED_IN = posix.dirname(IN_IMAGE.node);

function inBase(path: string): string {
  return posix.join(posix.basename(IN_IMAGE.node), path);
}

/** The base directory itself, then those of the files; a folder comes before what is in it. */
function foldersOf(files: readonly FileToSend[]): readonly string[] {
  const folders = new Set<string>(['.']);
  for (const { path } of files) {
    const words = posix.dirname(path).split('/');
    for (let depth = 1; depth <= words.length; depth += 1) folders.add(words.slice(0, depth).join('/'));
  }
  return [...folders];
}

async function filesOf(stagingFolder: string): Promise<readonly FileToSend[]> {
  const entries = await readdir(stagingFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      const { size, mode, mtimeMs } = await stat(file);
      const path = relative(stagingFolder, file).split(sep).join('/');
      return { path, size, mode: mode & 0o777, mark: `${size} ${mtimeMs}` };
    }),
  );
}

/** The first file of an archive. */
export async function firstFile(archive: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let found = false;
  await eachEntry(archive, async (type, _name, content) => {
    const wanted = !found && type === 'file';
    found ||= wanted;
    for await (const part of content) if (wanted) parts.push(part as Buffer);
  });
  return found ? Buffer.concat(parts) : undefined;
}

/** Sorted names of the files of the folder that an archive holds, those of its folders not. */
export async function fileNames(archive: NodeJS.ReadableStream): Promise<readonly string[]> {
  const names: string[] = [];
  await eachEntry(archive, async (type, name, content) => {
    const [, file, ...deeper] = name.split('/');
    if (type === 'file' && file !== undefined && file !== '' && deeper.length === 0) names.push(file);
    for await (const part of content) void part;
  });
  return names.sort();
}

async function eachEntry(
  archive: NodeJS.ReadableStream,
  see: (type: string, name: string, content: AsyncIterable<unknown>) => Promise<void>,
): Promise<void> {
  const { extract } = await tarStream();
  const reading = extract();
  const sending = pipeline(archive, reading);
  sending.catch(() => undefined);
  for await (const entry of reading) {
    await see(entry.header.type ?? 'file', entry.header.name, entry);
  }
  await sending;
}
