import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';

/** Something in an image. Only what stands here goes into a layer: no time, no name of a user, no order of a folder. */
export type LayerEntry = {
  /** Absolute path in the image. */
  readonly path: string;
  /** User and group; 0 when left out. */
  readonly owner?: number;
} & (
  | { readonly kind: 'folder'; readonly mode?: number }
  | { readonly kind: 'file'; readonly from: string | Buffer; readonly mode?: number }
  | { readonly kind: 'link'; readonly target: string }
);

/** One layer of an image; the same key is the same bytes. */
export interface Layer {
  /** Digest of all that the content depends on. */
  readonly key: string;
  /** For people: what `docker history` shows. */
  readonly what: string;
  entries(): Promise<readonly LayerEntry[]>;
}

/** What a layer's archive comes to. */
export interface LayerFacts {
  /** `sha256:…` of the archive. */
  readonly diffId: string;
  /** Bytes of the archive. */
  readonly size: number;
}

/** The same moment in every archive and image; any would do. */
export const MADE_AT = new Date('2020-01-01T00:00:00Z');
const CHUNK = 1024 * 1024;

/** Writes a layer as a tar archive, sorted by path; the same entries give the same bytes on every machine. */
export async function writeLayer(
  entries: readonly LayerEntry[],
  to: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  // Loaded here: runs without images do not pay for it.
  const { pack } = await import('tar-stream');
  const archive = heard(pack());
  const sending = pipeline(archive, to, { signal });
  sending.catch(() => undefined);
  try {
    for (const entry of sorted(entries)) await addEntry(archive, entry, signal);
    archive.finalize();
  } catch (error) {
    archive.destroy();
    await sending.catch(() => undefined);
    throw error;
  }
  await sending;
}

/**
 * A stream that was broken off says so to everybody who listens, some to nobody, which would end the process: whoever
 * waits for it is told by `pipeline`.
 */
export function heard<T extends NodeJS.EventEmitter>(stream: T): T {
  return stream.on('error', () => undefined);
}

/** Writes the archive to nowhere and looks at it. */
export async function measureLayer(entries: readonly LayerEntry[], signal: AbortSignal): Promise<LayerFacts> {
  const hash = createHash('sha256');
  let size = 0;
  const sink = new Writable({
    highWaterMark: CHUNK,
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done();
    },
  });
  await writeLayer(entries, sink, signal);
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

function sorted(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  // By letters and not by locale. A folder comes before what is in it, being shorter.
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function addEntry(archive: Pack, entry: LayerEntry, signal: AbortSignal): Promise<void> {
  const { path, owner = 0 } = entry;
  const common = { name: path.slice(1), mtime: MADE_AT, uid: owner, gid: owner };
  if (entry.kind === 'folder') {
    heard(archive.entry({ ...common, type: 'directory', mode: entry.mode ?? 0o755 }));
  } else if (entry.kind === 'link') {
    heard(archive.entry({ ...common, type: 'symlink', linkname: entry.target, mode: 0o777 }));
  } else if (typeof entry.from === 'string') {
    const { size } = await stat(entry.from);
    const sink = heard(archive.entry({ ...common, mode: entry.mode ?? 0o644, size }));
    await pipeline(createReadStream(entry.from, { highWaterMark: CHUNK }), sink, { signal });
  } else {
    heard(archive.entry({ ...common, mode: entry.mode ?? 0o644 }, entry.from));
  }
}
