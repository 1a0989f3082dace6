import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';

/** Below the folder of classes. */
const PACKAGE = 'compat/healthcheck';
/** Any fixed moment within the years that a ZIP can tell. */
const WRITTEN = new Date(2020, 0, 1);
const MANIFEST = [
  'Manifest-Version: 1.0',
  'Cordapp-Contract-Name: Corda Compat healthcheck',
  'Cordapp-Contract-Version: 1',
  'Cordapp-Contract-Vendor: corda-compat',
  'Cordapp-Contract-Licence: Apache-2.0',
  'Min-Platform-Version: 1',
  'Target-Platform-Version: 1',
  '',
  '',
].join('\r\n');

/**
 * Packs the compiled healthcheck CorDapp. The same classes give the same bytes: contracts are known to a network by the
 * jar's hash, so entries are sorted, dated alike and stored rather than compressed (zlib differs between versions of Node).
 */
export async function writeHealthcheckJar(classes: string, file: string): Promise<void> {
  const zip = new yazl.ZipFile();
  const options = { mtime: WRITTEN, mode: 0o100644, compress: false, forceDosTimestamp: true };
  zip.addBuffer(Buffer.from(MANIFEST), 'META-INF/MANIFEST.MF', options);
  const names = (await readdir(join(classes, PACKAGE))).sort();
  for (const name of names) zip.addBuffer(await readFile(join(classes, PACKAGE, name)), `${PACKAGE}/${name}`, options);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
