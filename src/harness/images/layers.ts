import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile, stat } from 'node:fs/promises';
import { basename, join, posix, relative, sep } from 'node:path';
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import type { ContentCache } from '../releases/cache.ts';
import { IMAGE_CLASSES, IN_IMAGE, jarInImage, registrationCommand, type ImageRequest } from './image.ts';
import type { JvmTools } from '../releases/jvm-tools.ts';
import type { Artefact, NodeKit } from '../releases/artefacts.ts';
import { withoutNestedJars } from './image-classes.ts';
import { digest } from '../support/once.ts';

/** Raised when the content of layers changes without any of its inputs changing. */
const FORMAT = 1;
/** The same for the layer of jars alone. */
const JARS_FORMAT = 2;
const USER = 'corda';

/** The harness's programs for images, compiled: file name to content, below the package's folder. */
export type ImageClasses = ReadonlyMap<string, Buffer>;

/** Layers above the base, the most shared ones first. */
export function layersOf(request: ImageRequest, classes: ImageClasses): readonly Layer[] {
  const { kit, withJars, tools, cordapps } = request;
  return [
    commonLayer(classes),
    ...(withJars ? [jarsLayer(kit)] : []),
    ...(tools ? [classesLayer(tools)] : []),
    ...(cordapps.length > 0 ? [cordappsLayer(cordapps)] : []),
  ];
}

/** The size and digest of a layer's archive; measured once. */
export async function layerFacts(layer: Layer, cache: ContentCache, signal: AbortSignal): Promise<LayerFacts> {
  const folder = await cache.entry({ kind: 'layer', key: layer.key, step: 'build' }, async (made) => {
    const facts = await measureLayer(await layer.entries(), signal);
    await writeFile(join(made, 'facts.json'), JSON.stringify(facts));
  });
  return JSON.parse(await readFile(join(folder, 'facts.json'), 'utf8')) as LayerFacts;
}

/** The user, the folders that it may write to, and the programs for HEALTHCHECK and for CorDapp images. */
function commonLayer(classes: ImageClasses): Layer {
  const owner = IN_IMAGE.uid;
  const users = [`root:x:0:0:root:/root:/sbin/nologin`, `${USER}:x:${owner}:${owner}::${IN_IMAGE.node}:/sbin/nologin`];
  const entries: LayerEntry[] = [
    ...['/etc', '/opt', '/opt/corda', IN_IMAGE.lib, '/opt/compat'].map(folder),
    ...[IMAGE_CLASSES, `${IMAGE_CLASSES}/compat`, `${IMAGE_CLASSES}/compat/image`].map(folder),
    { kind: 'folder', path: '/tmp', mode: 0o1777 },
    { kind: 'folder', path: IN_IMAGE.node, mode: 0o750, owner },
    // A volume that is mounted here then belongs to the user.
    { kind: 'folder', path: `${IN_IMAGE.node}/cordapps`, mode: 0o750, owner },
    file('/etc/passwd', `${users.join('\n')}\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n`),
    file('/etc/group', `root:x:0:\n${USER}:x:${owner}:\nnobody:x:65534:\n`),
    ...[...classes].map(([name, content]) => file(`${IMAGE_CLASSES}/compat/image/${name}`, content)),
  ];
  return {
    key: digest([FORMAT, 'common', ...entries.map(toldApart)]),
    what: 'user, folders, health check',
    entries: () => Promise.resolve(entries),
  };
}

/** An entry whose content is in memory. */
function toldApart(entry: LayerEntry): unknown {
  if (entry.kind !== 'file') return entry;
  return { ...entry, from: createHash('sha256').update(entry.from).digest('hex') };
}

/** The release's own layer: its jars, and the registration command of its nodes. */
function jarsLayer(kit: NodeKit): Layer {
  const { release, classPath, agent } = kit;
  const jars = [...new Set([...classPath, agent.jar])];
  const registration = registrationCommand(kit).join('\n');
  const entry = async (jar: string): Promise<LayerEntry> => {
    const from = jar === release.node.file ? await withoutNestedJars(jar) : jar;
    return { kind: 'file', path: jarInImage(jar), from };
  };
  return {
    key: digest([JARS_FORMAT, 'jars', IN_IMAGE.lib, release.node.sha256, basename(release.node.file), registration]),
    what: `jars of Corda ${release.version}`,
    entries: async () => [...(await Promise.all(jars.map(entry))), file(IN_IMAGE.registration, `${registration}\n`)],
  };
}

function classesLayer(tools: JvmTools): Layer {
  return {
    key: digest([FORMAT, 'classes', IN_IMAGE.classes, tools.digest]),
    what: `driver and doorman compiled against Corda ${tools.compiledAgainst}`,
    entries: async () => [folder('/opt/compat'), folder(IN_IMAGE.classes), ...(await filesBelow(tools.classes))],
  };
}

async function filesBelow(root: string): Promise<readonly LayerEntry[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.map((entry): LayerEntry => {
    const from = join(entry.parentPath, entry.name);
    const path = posix.join(IN_IMAGE.classes, relative(root, from).split(sep).join('/'));
    return entry.isDirectory() ? folder(path) : { kind: 'file', path, from };
  });
}

function cordappsLayer(cordapps: readonly Artefact[]): Layer {
  const named = cordapps.map(({ name, sha256 }) => [name, sha256]);
  const jars = cordapps.map(({ name, file: from }): LayerEntry => {
    return { kind: 'file', path: `${IN_IMAGE.cordapps}/${name}`, from };
  });
  return {
    key: digest([FORMAT, 'cordapps', IN_IMAGE.cordapps, named]),
    what: `CorDapps ${cordapps.map(({ name }) => name).join(', ')}`,
    entries: () => Promise.resolve([folder('/opt/compat'), folder(IN_IMAGE.cordapps), ...jars]),
  };
}

function folder(path: string): LayerEntry {
  return { kind: 'folder', path };
}

function file(path: string, content: string | Buffer): LayerEntry {
  return { kind: 'file', path, from: Buffer.from(content) };
}

/** An entry of an image. Only these fields go into a layer: no time, no name of a user, no order of a folder. */
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
  /** Digest of all inputs of the content. */
  readonly key: string;
  /** For people: the text in `docker history`. */
  readonly what: string;
  entries(): Promise<readonly LayerEntry[]>;
}

/** The size and digest of a layer's archive. */
export interface LayerFacts {
  /** `sha256:…` of the archive. */
  readonly diffId: string;
  /** Bytes of the archive. */
  readonly size: number;
}

/** The same moment in every archive and image; any moment would do. */
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
 * Some listeners of a broken stream miss its error, which would end the process: the code that waits for it learns it
 * from `pipeline`.
 */
export function heard<T extends NodeJS.EventEmitter>(stream: T): T {
  return stream.on('error', () => undefined);
}

/** Writes the archive to nowhere and measures it. */
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
