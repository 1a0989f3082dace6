import { expect, test } from 'vitest';
import { classBytes } from '../../../test/rig/class-bytes.ts';
import { readClass } from './class-file.ts';

test('a class tells its name, its Java, what it extends and the annotations that nodes look for', () => {
  const annotations = ['net.corda.core.flows.StartableByRPC', 'x.Second', 'x.Third', 'x.Fourth'];
  const spec = { name: 'a.b.C$D', major: 61, superclass: 'a.Base', interfaces: ['a.I', 'a.J'], annotations };
  expect(readClass(classBytes(spec))).toEqual({
    name: 'a.b.C$D',
    major: 61,
    concrete: true,
    parents: ['a.Base', 'a.I', 'a.J'],
    annotations,
  });
});

test('a Kotlin class tells the version of its metadata', () => {
  expect(readClass(classBytes({ name: 'C', annotations: ['x.Y'], kotlin: [1, 9, 0] }))).toMatchObject({
    annotations: ['x.Y', 'kotlin.Metadata'],
    kotlin: [1, 9, 0],
  });
});

test('an abstract class without a superclass of its own', () => {
  expect(readClass(classBytes({ name: 'C', abstract: true }))).toMatchObject({ concrete: false, parents: [] });
});

test('strings are kept of a class that names its migration scripts', () => {
  expect(readClass(classBytes({ name: 'S', script: 'cash.changelog-master' }))?.scripts).toEqual([
    'cash.changelog-master',
  ]);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('a file that says it is a class')],
  ['half of a class', classBytes({ name: 'a.b.C', annotations: ['x.Y'] }).subarray(0, 60)],
])('%s is no class', (_what, bytes) => {
  expect(readClass(bytes)).toBeUndefined();
});
