import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { V1ConfigMap, V1Secret } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { fileObjects, type BaseFile } from './files.ts';

const file = (path: string, content: Buffer | string, isPublic = false): BaseFile => ({
  path,
  content: Buffer.from(content),
  mode: 0o600,
  isPublic,
});
const laid = (files: readonly BaseFile[]) =>
  fileObjects(files, { name: 'party-a', namespace: 'n', labels: { l: 'v' } });

/** What an init container makes of them. */
function unpacked(objects: readonly (V1ConfigMap | V1Secret)[]): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const object of objects) {
    const isSecret = object.kind === 'Secret';
    const { data = {}, binaryData = {} } = object as V1ConfigMap;
    for (const [key, text] of Object.entries(data)) keys.set(key, Buffer.from(text, isSecret ? 'base64' : 'utf8'));
    for (const [key, text] of Object.entries(binaryData)) keys.set(key, Buffer.from(text, 'base64'));
  }
  const index = keys.get('index')?.toString('utf8').trimEnd().split('\n') ?? [];
  return new Map(
    index.filter(Boolean).map((line): [string, Buffer] => {
      const [digest, mode, packing, parts = '', path = ''] = line.split('\t');
      const packed = Buffer.concat(parts.split(',').map((key) => keys.get(key) ?? Buffer.alloc(0)));
      const content = packing === 'gzip' ? gunzipSync(packed) : packed;
      expect(mode).toBe('600');
      expect(createHash('sha256').update(content).digest('hex')).toBe(digest);
      return [path, content];
    }),
  );
}

describe('files as ConfigMaps and Secrets', () => {
  test('come out as they were: small and large, text and not, of one name in two folders', () => {
    const files = [
      file('node.conf', '{ "a": 1 }'),
      file('log.xml', '<x/>', true),
      file('binary.bin', Buffer.from([0xff, 0, 0xfe]), true),
      file('certificates/own.jks', randomBytes(3000)),
      file('other/own.jks', randomBytes(10)),
      file('persistence.mv.db', randomBytes(600_000)),
      file('empty', ''),
    ];
    const found = unpacked(laid(files).objects);
    for (const { path, content } of files) expect(found.get(path)?.equals(content), path).toBe(true);
    expect(found.size).toBe(files.length);
  });

  test('keep what is secret out of ConfigMaps', () => {
    const { objects } = laid([file('node.conf', 'PASSWORD'), file('log.xml', 'OPEN', true)]);
    const maps = objects.filter(({ kind }) => kind === 'ConfigMap');
    expect(JSON.stringify(maps)).not.toContain('PASSWORD');
    expect(JSON.stringify(maps)).toContain('OPEN');
  });

  test('are each small enough for kubectl apply, which keeps a copy in an annotation', () => {
    const { objects } = laid([file('database', randomBytes(2_000_000)), file('x', randomBytes(30_000))]);
    for (const object of objects) expect(JSON.stringify(object).length).toBeLessThan(256 * 1024);
    expect(objects.length).toBeGreaterThan(10);
  });

  test('are named after what is in them', () => {
    const names = (text: string) => laid([file('a', text)]).secrets;
    expect(names('one')).toEqual(names('one'));
    expect(names('one')).not.toEqual(names('two'));
  });
});
