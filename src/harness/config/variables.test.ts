import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { variable, variableOr, VARIABLE_NAMES, VARIABLES } from './variables.ts';

const SOURCES = resolve(import.meta.dirname, '../..');

test('an empty variable counts as not set', () => {
  expect(variable({ COMPAT_CACHE: '/c' }, 'COMPAT_CACHE')).toBe('/c');
  expect(variable({ COMPAT_CACHE: '' }, 'COMPAT_CACHE')).toBeUndefined();
  expect(variableOr({ COMPAT_MATRIX: '' }, 'COMPAT_MATRIX')).toBe('matrix.json');
  expect(variableOr({ COMPAT_MATRIX: 'm.json' }, 'COMPAT_MATRIX')).toBe('m.json');
});

describe('the table', () => {
  let sources: readonly (readonly [file: string, text: string])[];
  beforeAll(async () => {
    const files = await readdir(SOURCES, { recursive: true });
    const program = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    sources = await Promise.all(
      program.map(async (file) => [file, await readFile(join(SOURCES, file), 'utf8')] as const),
    );
  });

  /** Folders of the files that read a variable: by its name, or as a key of a schema. */
  function readersOf(name: string): string[] {
    const written = name.replace(/^COMPAT_JAVA_\d+_HOME$/, 'COMPAT_JAVA_${need.major}_HOME').replace(/[$.{}]/g, '\\$&');
    const read = new RegExp(
      `variable(Or)?\\([\\w.]+, '${written}'\\)|= \`${written}\`|^  ${written}: (z|\\w+Number|only)`,
      'm',
    );
    const files = sources.filter(([, text]) => read.test(text)).map(([file]) => file);
    return [...new Set(files.map((file) => /^(?:harness\/)?([^/]+)\//.exec(file)?.[1] ?? file))].sort();
  }

  test.for(VARIABLE_NAMES)('says who reads %s', (name) => {
    expect(readersOf(name)).toEqual([...VARIABLES[name].readBy].sort());
  });

  test('is the only way to a variable', () => {
    const past = /\w\[['"`]COMPAT_|\bCOMPAT_[A-Z_]+: \w+[^;}]*\} = \w*[eE]nv\b/;
    expect(sources.filter(([, text]) => past.test(text)).map(([file]) => file)).toEqual([]);
  });
});
