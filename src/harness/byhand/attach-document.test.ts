import { describe, expect, test } from 'vitest';
import { readAttachDocument, writeAttachDocument, type AttachDocument } from './attached.ts';

const release = { release: '4.8', version: '4.8', cordapps: [{ name: 'a.jar', sha256: 'ab', origin: 'x:a:1' }] };
const document: AttachDocument = {
  cell: '4.8+4.10',
  nodes: [
    {
      id: 'notary',
      party: 'O=Notary, L=Zurich, C=CH',
      release: '4.8',
      notary: true,
      keepsRefusals: false,
    },
  ],
  drivers: [{ id: 'driver', port: 8080, token: 't', nodes: [] }],
  workloads: [{ resident: 'notary', name: '4-8-notary', kind: 'statefulset' }],
  releases: [release, { ...release, release: '4.10' }],
};

test('what is written is read', () => {
  expect(readAttachDocument(writeAttachDocument(document))).toEqual({ format: 4, ...document });
});

describe('what cannot be read is told', () => {
  test.for([
    ['', /it is no JSON/],
    ['[]', /its format is undefined/],
    ['{}', /its format is undefined, this version reads 4: write it again/],
    ['{"format":1}', /its format is 1/],
    ['{"format":4,"cell":"4.8+4.10"}', /nodes/],
  ] as const)('%s', ([text, message]) => {
    expect(() => readAttachDocument(text)).toThrow(message);
  });
});
