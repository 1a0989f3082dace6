import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join, posix, relative, sep } from 'node:path';
import type { ContentCache } from '../domain/content-cache.ts';
import { IMAGE_CLASSES, IN_IMAGE, jarInImage } from '../domain/image.ts';
import type { JvmTools } from '../domain/jvm-tools.ts';
import type { Artefact, NodeKit } from '../domain/release.ts';
import { readFile, writeFile } from 'node:fs/promises';
import { withoutNestedJars } from './capsule-jar.ts';
import { registrationCommand, type ImageRequest } from './image-request.ts';
import { measureLayer, type Layer, type LayerEntry, type LayerFacts } from './layer.ts';
import { digest } from '../support/once.ts';

/** Raised when what layers hold changes without anything that they are made of changing. */
const FORMAT = 1;
/** The same of the layer of jars alone. */
const JARS_FORMAT = 2;
const USER = 'corda';

/** The harness's programs for images, compiled: file name to content, below the package's folder. */
export type ImageClasses = ReadonlyMap<string, Buffer>;

/** Layers above the base, what most images share first. */
export function layersOf(request: ImageRequest, classes: ImageClasses): readonly Layer[] {
  const { kit, withJars, tools, cordapps } = request;
  return [
    commonLayer(classes),
    ...(withJars ? [jarsLayer(kit)] : []),
    ...(tools ? [classesLayer(tools)] : []),
    ...(cordapps.length > 0 ? [cordappsLayer(cordapps)] : []),
  ];
}

/** What a layer's archive comes to; measured once. */
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
    // A volume that is mounted here belongs to the user then.
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

/** The release's own: its jars, and how a node of it registers. */
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
