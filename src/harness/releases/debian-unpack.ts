import { execa } from 'execa';
import { mkdir, open, rm } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const UNPACK_LIMIT_MS = 120_000;
const AR_START = '!<arch>\n';
const HEADER_LENGTH = 60;

export interface UnpackRequest {
  /** A .deb file. */
  readonly file: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Default: `dpkg-deb` where this machine has it. */
  readonly tool?: 'dpkg-deb' | 'tar';
}

/** Unpacks a Debian package's files; no root needed. @throws Error with the tool's words */
export async function unpackDeb(request: UnpackRequest): Promise<void> {
  const { file, folder, signal, tool } = request;
  const options = { cancelSignal: signal, timeout: UNPACK_LIMIT_MS };
  if (tool !== 'tar') {
    const { code } = await execa('dpkg-deb', ['-x', file, folder], options).catch((error: unknown) => {
      if (tool === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return { code: 'ENOENT' };
      throw error;
    });
    if (code !== 'ENOENT') return;
  }
  const archive = await extractData(file, `${folder}.data`);
  try {
    await mkdir(folder, { recursive: true });
    await execa('tar', ['-xf', archive, '-C', folder], options);
  } finally {
    await rm(archive, { force: true });
  }
}

/** A .deb is an `ar` archive: its files are in the member `data.tar.xz` (or .zst, .gz). Returns that, as a file. */
async function extractData(file: string, target: string): Promise<string> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(AR_START.length);
    await handle.read(start, 0, start.length, 0);
    if (start.toString('latin1') !== AR_START) throw new Error(`${file} is no Debian package`);
    for (let at = AR_START.length; ;) {
      const header = Buffer.alloc(HEADER_LENGTH);
      const { bytesRead } = await handle.read(header, 0, HEADER_LENGTH, at);
      if (bytesRead < HEADER_LENGTH) throw new Error(`${file} has no data.tar`);
      const name = header.toString('latin1', 0, 16).trim().replace(/\/$/, '');
      const size = Number(header.toString('latin1', 48, 58));
      const from = at + HEADER_LENGTH;
      if (name.startsWith('data.tar')) {
        const archive = join(`${target}${name.slice('data'.length)}`);
        await pipeline(createReadStream(file, { start: from, end: from + size - 1 }), createWriteStream(archive));
        return archive;
      }
      // Members begin at even offsets.
      at = from + size + (size % 2);
    }
  } finally {
    await handle.close();
  }
}
