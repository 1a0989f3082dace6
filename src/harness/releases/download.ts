import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Progress } from '../support/progress.ts';
import { errorCode } from './cache-folder.ts';
import { ConnectionError, HttpError, reasonOf, request, withRetries } from './http.ts';

export interface Download {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absolute path. An existing file counts as the beginning. */
  readonly file: string;
  /** For progress lines; default the file's name. */
  readonly name?: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which the connection counts as broken; default 30 s. */
  readonly stall?: number;
  readonly retries?: number;
}

export interface Sums {
  readonly sha1: string;
  readonly sha256: string;
  readonly size: number;
}

const DEFAULT_STALL_MS = 30_000;
const SAY_EVERY_MS = 2_000;
/** Bytes read at a time for checksums. */
const CHUNK = 1 << 20;

/**
 * Downloads to a file, resuming an earlier attempt (or run). After a failure, `file` keeps the received bytes.
 *
 * @throws HttpError, ConnectionError after its retries; the signal's reason when aborted
 */
export async function download(options: Download): Promise<void> {
  await mkdir(dirname(options.file), { recursive: true });
  const name = options.name ?? basename(options.file);
  await withRetries({ ...options, name }, () => attempt({ ...options, name }));
}

/** Checksums of a file, read once. */
export async function sumsOf(file: string, signal?: AbortSignal): Promise<Sums> {
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  const size = await feed([sha1, sha256], file, signal);
  return { sha1: sha1.digest('hex'), sha256: sha256.digest('hex'), size };
}

/** As `sumsOf` without SHA-1, in half the time. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<Pick<Sums, 'sha256' | 'size'>> {
  const sha256 = createHash('sha256');
  const size = await feed([sha256], file, signal);
  return { sha256: sha256.digest('hex'), size };
}

/** @returns how many bytes the file has */
async function feed(hashes: readonly Hash[], file: string, signal?: AbortSignal): Promise<number> {
  const handle = await open(file);
  // One buffer for all of it: those of a stream pile up faster than they are collected, 40 MB for a capsule.
  const buffer = Buffer.allocUnsafe(CHUNK);
  try {
    for (let size = 0; ;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer);
      if (bytesRead === 0) return size;
      size += bytesRead;
      for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

async function attempt(options: Download & { readonly name: string }): Promise<void> {
  const { url, file, signal } = options;
  const have = await sizeOf(file);
  const response = await requestFrom(options, have);
  if (response === 'complete') return;
  const resumed = response.status === 206 && startOf(response) === have;
  if (response.status === 206 && !resumed) {
    await response.body?.cancel();
    await rm(file, { force: true });
    throw new ConnectionError(url, `the server resumed at another byte than ${have}`);
  }
  const from = resumed ? have : 0;
  const length = Number(response.headers.get('content-length') ?? NaN);
  const total = Number.isNaN(length) ? undefined : from + length;
  await receive(response, { ...options, from, total, append: resumed });
  signal.throwIfAborted();
  const got = await sizeOf(file);
  if (total !== undefined && got !== total) throw new ConnectionError(url, `${got} bytes of ${total} came`);
}

/** Asks for the rest. A server that has no rest to give says so with 416. */
async function requestFrom(options: Download, have: number): Promise<Response | 'complete'> {
  const { url, signal, file } = options;
  const range: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  // Compressed on the way, the length of the answer would not be the file's.
  const headers = { ...options.headers, ...range, 'accept-encoding': 'identity' };
  try {
    return await request({ url, headers, signal });
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 416 || have === 0) throw error;
    // Whole already, or longer than the file now is: the checksums tell; from zero next time if they do not agree.
    const rest = await request({ url, headers: { ...options.headers, range: 'bytes=0-0' }, signal });
    await rest.body?.cancel();
    if (totalOf(rest) === have) return 'complete';
    await rm(file, { force: true });
    throw new ConnectionError(url, 'the server cannot resume', { cause: error });
  }
}

interface Receiving extends Download {
  readonly name: string;
  readonly from: number;
  readonly total: number | undefined;
  readonly append: boolean;
}

async function receive(response: Response, options: Receiving): Promise<void> {
  const { url, file, signal, append, stall = DEFAULT_STALL_MS } = options;
  if (!response.body) throw new ConnectionError(url, 'an answer without a body');
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), stall);
  const broken: { cause?: unknown } = {};
  try {
    await pipeline(
      arriving(response.body as ReadableStream<Uint8Array>, broken),
      meter(options, timer),
      createWriteStream(file, { flags: append ? 'a' : 'w' }),
      { signal: AbortSignal.any([signal, stalled.signal]) },
    );
  } catch (cause) {
    signal.throwIfAborted();
    if (stalled.signal.aborted) throw new ConnectionError(url, `no byte for ${stall / 1000} s`, { cause });
    // The disk's own errors are no reason to try again.
    if (isOfDisk(cause)) throw cause;
    throw new ConnectionError(url, reasonOf(cause), { cause });
  } finally {
    clearTimeout(timer);
  }
  signal.throwIfAborted();
  const { cause } = broken;
  if (cause !== undefined) throw new ConnectionError(url, reasonOf(cause), { cause });
}

/** Ends when the connection breaks, so that the bytes before are written: an error would drop them. */
async function* arriving(body: ReadableStream<Uint8Array>, broken: { cause?: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    broken.cause = cause;
  }
}

/** Counts the bytes, prints progress now and then, and rewinds the stall timer. */
function meter({ name, from, total, progress }: Receiving, timer: NodeJS.Timeout): Transform {
  let received = from;
  let said = performance.now();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      timer.refresh();
      const now = performance.now();
      if (now - said >= SAY_EVERY_MS) {
        said = now;
        progress.say(`${name}: ${megabytes(received)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`);
      }
      done(null, chunk);
    },
  });
}

/** `79.2` of 79154572 bytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function isOfDisk(error: unknown): boolean {
  const codes = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOENT', 'EMFILE', 'EFBIG'];
  return codes.includes(errorCode(error) ?? '');
}

function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);
}

function totalOf(response: Response): number {
  return Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
}
