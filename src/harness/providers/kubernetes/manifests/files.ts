import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { V1ConfigMap, V1Secret } from '@kubernetes/client-node';
import { type Labels, shortDigest } from './names.ts';

/** A file that is to be in a base directory. */
export interface BaseFile {
  /** Below the base directory, with slashes. */
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
  /** Without keys and passwords: it goes where all users of the namespace may read it. */
  readonly isPublic: boolean;
}

/** Where an init container finds the files and the list of them. */
export const FILES_FOLDER = '/opt/compat/files';
export const FILES_INDEX = 'index';

/**
 * Bytes of one ConfigMap's or Secret's files. `kubectl apply` keeps a copy of the whole object, in base64, in an annotation,
 * which takes 256 KiB.
 */
const LARGEST = 150 * 1024;

export interface FileObjects {
  readonly objects: readonly (V1ConfigMap | V1Secret)[];
  /** Names of all of them, for a projected volume. */
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
}

interface Part {
  readonly key: string;
  readonly content: Buffer;
}

/**
 * ConfigMaps and Secrets that hold the files, large ones compressed and in parts, and an index of them: a line a file with its
 * digest, mode, packing, keys and path. They are named after what is in them and never change, so that a Pod that starts
 * gets what it was meant to get.
 */
export function fileObjects(
  files: readonly BaseFile[],
  { name, namespace, labels }: { readonly name: string; readonly namespace: string; readonly labels: Labels },
): FileObjects {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const packed = sorted.map((file, number) => packFile(file, number));
  const index = packed.map(({ line }) => `${line}\n`).join('');
  const open = [{ key: FILES_INDEX, content: Buffer.from(index) }, ...partsOf(packed, true)];
  const metadata = (kind: string, parts: readonly Part[]) => ({
    name: `${name}-${kind}-${shortDigest(Buffer.concat(parts.flatMap(({ key, content }) => [Buffer.from(`${key}\n`), content])), 10)}`,
    namespace,
    labels: { ...labels },
  });
  const configMaps = bins(open).map((parts): V1ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata('config', parts),
    immutable: true,
    ...dataOf(parts),
  }));
  const secrets = bins(partsOf(packed, false)).map((parts): V1Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: metadata('files', parts),
    immutable: true,
    data: Object.fromEntries(parts.map(({ key, content }) => [key, content.toString('base64')])),
  }));
  const names = (objects: readonly (V1ConfigMap | V1Secret)[]) =>
    objects.map(({ metadata: { name: n } = {} }) => n ?? '');
  return { objects: [...configMaps, ...secrets], configMaps: names(configMaps), secrets: names(secrets) };
}

interface PackedFile {
  readonly isPublic: boolean;
  readonly parts: readonly Part[];
  readonly line: string;
}

function packFile({ path, content, mode, isPublic }: BaseFile, number: number): PackedFile {
  const small = content.length <= LARGEST / 4;
  const packed = small ? content : gzipSync(content, { level: 9 });
  const key = `${String(number).padStart(3, '0')}-${path.replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(-200)}`;
  const slices = Math.max(1, Math.ceil(packed.length / LARGEST));
  const parts = Array.from({ length: slices }, (_, at) => ({
    key: slices === 1 ? key : `${key}.${at + 1}`,
    content: packed.subarray(at * LARGEST, (at + 1) * LARGEST),
  }));
  const digest = createHash('sha256').update(content).digest('hex');
  const keys = parts.map((part) => part.key).join(',');
  return { isPublic, parts, line: [digest, mode.toString(8), small ? 'plain' : 'gzip', keys, path].join('\t') };
}

function partsOf(files: readonly PackedFile[], isPublic: boolean): readonly Part[] {
  return files.filter((file) => file.isPublic === isPublic).flatMap(({ parts }) => parts);
}

function bins(parts: readonly Part[]): readonly (readonly Part[])[] {
  const all: Part[][] = [];
  let room = 0;
  for (const part of parts) {
    if (part.content.length > room || all.length === 0) {
      all.push([]);
      room = LARGEST;
    }
    all.at(-1)?.push(part);
    room -= part.content.length;
  }
  return all;
}

/** As text where it is text, so that a person can read it. */
function dataOf(parts: readonly Part[]): Pick<V1ConfigMap, 'data' | 'binaryData'> {
  const isText = ({ content }: Part): boolean => Buffer.from(content.toString('utf8')).equals(content);
  const text = parts.filter(isText);
  const binary = parts.filter((part) => !isText(part));
  return {
    data: Object.fromEntries(text.map(({ key, content }) => [key, content.toString('utf8')])),
    ...(binary.length > 0
      ? { binaryData: Object.fromEntries(binary.map(({ key, content }) => [key, content.toString('base64')])) }
      : {}),
  };
}
