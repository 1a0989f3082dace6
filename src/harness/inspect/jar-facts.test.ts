import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { classBytes } from '../../../test/rig/class-bytes.ts';
import { makeJar } from '../../../test/rig/releases-rig.ts';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { numberIn, readJarFacts } from './jar-facts.ts';

test('a jar tells its manifest, its classes and its migration scripts', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a.jar');
  const files = {
    'META-INF/MANIFEST.MF': 'Min-Platform-Version: 4\nTarget-Platform-Version: four\n',
    'app/A.class': classBytes({ name: 'app.A' }),
    'app/B.class': 'no class',
    'META-INF/versions/17/app/A.class': classBytes({ name: 'app.A', major: 61 }),
    'migration/house.xml': '',
  };
  await writeFile(file, await makeJar(files));
  const facts = await readJarFacts(file);
  expect([...facts.classes.values()]).toMatchObject([{ name: 'app.A', major: 52 }]);
  expect([...facts.migrations]).toEqual(['house.xml']);
  expect(['Min', 'Target', 'Max'].map((part) => numberIn(facts, `${part}-Platform-Version`, 1))).toEqual([4, 1, 1]);
});
