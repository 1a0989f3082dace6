import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import { createReleasesContext, type ReleasesContext } from '../../src/harness/releases/context.ts';

export interface RigContext extends ReleasesContext {
  /** Progress lines. */
  readonly said: string[];
}

/** A context whose cache and home lie in `folder`; nothing of the machine's own environment but PATH. */
export async function rigContext(
  folder: string,
  { env = {}, signal = new AbortController().signal }: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<RigContext> {
  const said: string[] = [];
  const own = { PATH: process.env['PATH'], HOME: `${folder}/home`, COMPAT_CACHE: `${folder}/cache` };
  const progress = { say: (text: string) => void said.push(text) };
  return { ...(await createReleasesContext({ env: { ...own, ...env }, progress, signal })), said };
}

export function sha1(content: Buffer | string): string {
  return createHash('sha1').update(content).digest('hex');
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A jar of these files, in this order. */
export async function makeJar(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}

/** A manifest like that of a node capsule, long lines folded as Java does. */
function capsuleManifest(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const attributes = {
    'Manifest-Version': '1.0',
    'Corda-Platform-Version': '12',
    'Java-Agents': `quasar-core-0.7.15_r3.jar=x(${'antlr**;bftsmart**;'.repeat(8)})l(net.corda.djvm.**)`,
    'JVM-Args': '-Xmx512m -XX:+UseG1GC',
    'Application-Class': 'net.corda.node.Corda',
    'Corda-Release-Version': '4.10',
    ...changes,
  };
  const lines = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  const folded = lines.map((line) =>
    line.replace(
      /^(.{70})(.+)$/,
      (_, head: string, rest: string) => `${head}\r\n ${rest.match(/.{1,70}/g)?.join('\r\n ') ?? ''}`,
    ),
  );
  return `${folded.join('\r\n')}\r\n\r\n`;
}

/** A node capsule as far as the harness reads one. */
export async function makeCapsule(changes: Readonly<Record<string, string | undefined>> = {}): Promise<Buffer> {
  return makeJar({
    'META-INF/MANIFEST.MF': capsuleManifest(changes),
    'net/corda/Capsule.class': 'class',
    'zebra.jar': 'first in the zip',
    'quasar-core-0.7.15_r3.jar': 'agent',
    'inner/not-of-the-root.jar': 'no',
    'alpha.jar': 'last in the zip',
  });
}
