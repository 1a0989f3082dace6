import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import { NotAJar, withJar } from '../support/jar.ts';

/** Any fixed moment within the years that a ZIP can tell. */
const WRITTEN = new Date(2020, 0, 1);
const NESTED = /^[^/\\]+\.jar$/;

/**
 * A capsule without the jars in it, which lie beside it in an image: the class path wants its own files only. The same
 * capsule gives the same bytes everywhere: stored, since zlib differs between versions of Node. What is no jar comes as it is.
 */
export async function withoutNestedJars(capsule: string): Promise<Buffer | string> {
  try {
    return await withJar(capsule, async (jar) => {
      const zip = new yazl.ZipFile();
      const options = { mtime: WRITTEN, mode: 0o100644, compress: false, forceDosTimestamp: true };
      for (const name of jar.names.filter((each) => !NESTED.test(each))) {
        zip.addBuffer((await jar.read(name)) ?? Buffer.alloc(0), name, options);
      }
      zip.end();
      return await buffer(zip.outputStream);
    });
  } catch (error) {
    if (error instanceof NotAJar) return capsule;
    throw error;
  }
}
