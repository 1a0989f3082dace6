import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { AGENT_FILE } from '../domain/jvm-tools.ts';

/** A jar of classes that the harness compiled. */
export interface OwnJar {
  readonly name: string;
  /** Folder of its classes, below the folder of all. */
  readonly classes: string;
  /** Its manifest's attributes, in order. */
  readonly manifest: Readonly<Record<string, string>>;
}

/** The CorDapp by which health is asked. */
export const HEALTHCHECK_JAR: OwnJar = {
  name: 'corda-compat-healthcheck.jar',
  classes: 'compat/healthcheck',
  manifest: {
    'Cordapp-Contract-Name': 'Corda Compat healthcheck',
    'Cordapp-Contract-Version': '1',
    'Cordapp-Contract-Vendor': 'corda-compat',
    'Cordapp-Contract-Licence': 'Apache-2.0',
    'Min-Platform-Version': '1',
    'Target-Platform-Version': '1',
  },
};

/** The agent that starts the release's own Jolokia agent. */
export const AGENT_JAR: OwnJar = {
  name: AGENT_FILE,
  classes: 'compat/agent',
  manifest: { 'Premain-Class': 'compat.agent.JolokiaInOrder' },
};

/** Any fixed moment within the years that a ZIP can tell. */
const WRITTEN = new Date(2020, 0, 1);

/**
 * Packs compiled classes. The same classes give the same bytes: contracts are known to a network by the jar's hash, so
 * entries are sorted, dated alike and stored rather than compressed (zlib differs between versions of Node).
 * @param classes folder of all classes
 * @returns the jar's file, below `folder`
 */
export async function writeOwnJar(jar: OwnJar, classes: string, folder: string): Promise<string> {
  const zip = new yazl.ZipFile();
  const options = { mtime: WRITTEN, mode: 0o100644, compress: false, forceDosTimestamp: true };
  const lines = Object.entries({ 'Manifest-Version': '1.0', ...jar.manifest }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  zip.addBuffer(Buffer.from([...lines, '', ''].join('\r\n')), 'META-INF/MANIFEST.MF', options);
  const names = (await readdir(join(classes, jar.classes))).sort();
  for (const name of names) {
    zip.addBuffer(await readFile(join(classes, jar.classes, name)), `${jar.classes}/${name}`, options);
  }
  zip.end();
  const file = join(folder, jar.name);
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}
