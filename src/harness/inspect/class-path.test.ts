import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeJar } from '../../../test/rig/releases-rig.ts';
import { temporaryFolder } from '../../../test/rig/temporary-folder.ts';
import { missingClasses } from './class-path.ts';

test('a class is missing if neither Java nor one of the jars has it', async () => {
  await using folder = await temporaryFolder();
  const jars = ['a.jar', 'b.jar'].map((name) => join(folder.path, name));
  for (const jar of jars) {
    const name = jar.endsWith('a.jar') ? 'x/First' : 'x/Second$Inner';
    await writeFile(jar, await makeJar({ [`${name}.class`]: '' }));
  }
  const wanted = ['x.First', 'x.Second$Inner', 'x.Second', 'java.lang.Thread', 'org.w3c.dom.Node', 'javafx.Scene'];
  expect([...(await missingClasses(new Set(wanted), jars))]).toEqual(['x.Second', 'javafx.Scene']);
});
