import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/rig/temporary-folder.ts';
import { buildWords, lastOfBuild, tailOf } from './run-build.ts';

test('what Gradle says went wrong', () => {
  const log = `$ ./gradlew jar
> Task :node:compileKotlin FAILED
e: error: unresolved reference

FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':node:compileKotlin'.
> Compilation error. See log for more details

* Try:
Run with --stacktrace
BUILD FAILED in 3m 2s`;
  expect(buildWords(log)).toEqual([
    "Execution failed for task ':node:compileKotlin'.",
    '> Compilation error. See log for more details',
  ]);
});

test('lines with an error in them, before the lines that come last', () => {
  expect(buildWords('one\nFlow.java:3: error: missing ;\n\u001b[31mtwo\u001b[0m\n')).toEqual([
    'Flow.java:3: error: missing ;',
  ]);
  expect(buildWords('sh: 1: ./gradlew: not found\n')).toEqual(['sh: 1: ./gradlew: not found']);
  expect(buildWords('one\n\u001b[31mtwo\u001b[0m\n')).toEqual(['one', 'two']);
  expect(buildWords('$ false\n')).toEqual([]);
});

test('the end of a long log, in whole lines', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'log');
  await writeFile(file, Array.from({ length: 1000 }, (_, index) => `line ${index}`).join('\n'));
  const tail = await tailOf(file, 40);
  expect(tail.split('\n')).toEqual(['line 996', 'line 997', 'line 998', 'line 999']);
  expect(lastOfBuild(tail)).toBe('line 999');
  expect(await tailOf(join(folder.path, 'none'))).toBe('');
});
