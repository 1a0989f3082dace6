import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeJar } from '../../../test/rig/releases-rig.ts';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { withJar } from '../support/jar.ts';
import { withoutNestedJars } from './image-classes.ts';

const OWN = { 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n', 'log4j2.xml': '<a/>', 'verifier/inner.jar': 'kept' };

test('a capsule keeps its own files, in their order, and none of the jars beside it', async () => {
  await using folder = await temporaryFolder();
  const capsule = join(folder.path, 'corda.jar');
  await writeFile(capsule, await makeJar({ ...OWN, 'corda-node.jar': Buffer.alloc(100_000) }));
  const slim = await withoutNestedJars(capsule);
  expect(await withoutNestedJars(capsule)).toEqual(slim);
  const file = join(folder.path, 'slim.jar');
  await writeFile(file, slim);
  await withJar(file, async (jar) => {
    expect(jar.names).toEqual(Object.keys(OWN));
    for (const [name, text] of Object.entries(OWN)) expect(String(await jar.read(name))).toBe(text);
  });
});

test('what is no jar is taken as it is', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'corda.jar');
  await writeFile(file, 'no jar');
  expect(await withoutNestedJars(file)).toBe(file);
});
