import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { createReleasesContext } from '../../src/harness/releases/context.ts';
import { findJava } from '../../src/harness/releases/java.ts';
import { SILENT } from '../../src/harness/support/progress.ts';

export const CLOCK_FAULT = {
  name: 'the clock of a node is an hour ahead',
  found: '4.10 (party-b): its clock is 3600 s ahead of the other nodes’ (limit 5 s)',
} as const;

/** Of Debian's package faketime: tells whatever loads it another time. */
const [LIBRARY] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1', { absolute: true });

export const NO_CLOCKS =
  LIBRARY === undefined ? 'no libfaketime: run test/rig/up, or apt-get install faketime' : undefined;

/** Makes a home of Java in which party-b's clock, and nobody else's, is an hour ahead. @returns for `COMPAT_JAVA_8_HOME` */
export async function shiftedJava(folder: string): Promise<string> {
  if (LIBRARY === undefined) throw new Error('there is no libfaketime: apt-get install faketime');
  const ctx = await createReleasesContext({ env: process.env, progress: SILENT, signal: new AbortController().signal });
  const { java, javac } = await findJava({ major: 8, compiler: true }, ctx);
  const bin = join(folder, 'shifted-java', 'bin');
  await mkdir(bin, { recursive: true });
  if (javac !== undefined) await symlink(javac, join(bin, 'javac'));
  await writeFile(join(bin, 'java'), launcher(java, LIBRARY));
  await chmod(join(bin, 'java'), 0o755);
  return join(folder, 'shifted-java');
}

/** What is measured must not jump with the clock: a JVM waits by that, and would not wait at all. */
function launcher(java: string, library: string): string {
  const variables = {
    LD_PRELOAD: library,
    FAKETIME: '+1h',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
    NO_FAKE_STAT: '1',
  };
  const shift = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
  return [
    '#!/bin/sh',
    'case "$*" in',
    `  *--base-directory\\ */party-b) export ${shift.join(' ')} ;;`,
    'esac',
    `exec '${java}' "$@"`,
    '',
  ].join('\n');
}
