import { createHash, X509Certificate } from 'node:crypto';
import type { Jar } from '../support/jar.ts';
import { parseSections, type ManifestSection } from './manifest.ts';

/** A key that signed a jar. */
export interface Signer {
  readonly name: string;
  /** SHA-256 of its public key, as Corda names it. */
  readonly key: string;
}

export interface Signatures {
  readonly signed: boolean;
  /** Those that can be read. */
  readonly signers: readonly Signer[];
  /** What is not as it was signed, for use within a sentence: Java refuses such a jar. */
  readonly broken?: string;
}

/** Corda's development key for CorDapps (KeyStoreConfigHelpers.kt, DEV_CORDAPP_CODE_SIGNING_STR). */
const DEVELOPMENT_KEY = 'aa59d829f2ca8fddf5abea40d815f937e3e54e572b65b93b5c216ae6594e7d6b';
const BLOCK = /^META-INF\/([^/]+)\.(RSA|EC|DSA)$/i;
const DIGEST = /^(SHA-?\d+|MD5)-Digest$/i;

/** Whether Corda's development key alone signed it: nodes outside development mode refuse such CorDapps. */
export function isOfDevelopment({ signers }: Signatures): boolean {
  return signers.length > 0 && signers.every(({ key }) => key === DEVELOPMENT_KEY);
}

/** The signers of a jar, and whether its files are still those that they signed. */
export async function readSignatures(jar: Jar, manifest: Buffer): Promise<Signatures> {
  const blocks = jar.names.filter((name) => BLOCK.test(name));
  if (blocks.length === 0) return { signed: false, signers: [] };
  const signers = await Promise.all(blocks.map(async (name) => signerOf((await jar.read(name)) ?? Buffer.alloc(0))));
  const sections = parseSections(manifest);
  const broken = (await changedFile(jar, sections)) ?? (await changedManifest(jar, blocks, manifest, sections));
  return {
    signed: true,
    signers: signers.filter((signer) => signer !== undefined),
    ...(broken === undefined ? {} : { broken }),
  };
}

async function changedFile(jar: Jar, sections: readonly ManifestSection[]): Promise<string | undefined> {
  for (const { attributes } of sections) {
    const name = attributes.get('Name');
    if (name === undefined) continue;
    const bytes = await jar.read(name);
    const digest = bytes && digestIn(attributes);
    if (digest && !digest.fits(bytes)) return `${name} is not the file that was signed`;
  }
  return undefined;
}

/** A manifest may have got sections after it was signed; then each signed one counts. */
async function changedManifest(
  jar: Jar,
  blocks: readonly string[],
  manifest: Buffer,
  [main, ...entries]: readonly ManifestSection[],
): Promise<string | undefined> {
  for (const block of blocks) {
    const signed = (await jar.read(block.replace(BLOCK, 'META-INF/$1.SF'))) ?? Buffer.alloc(0);
    const [head, ...digests] = parseSections(signed);
    if (!head) return `${block} has no signature file beside it`;
    if (digestIn(head.attributes, '-Manifest')?.fits(manifest)) continue;
    if (main && digestIn(head.attributes, '-Manifest-Main-Attributes')?.fits(main.raw) === false)
      return 'the head of its manifest is not what was signed';
    const byName = new Map(entries.map((entry) => [entry.attributes.get('Name'), entry.raw]));
    const changed = digests.find(({ attributes }) => {
      const raw = byName.get(attributes.get('Name'));
      return raw && digestIn(attributes)?.fits(raw) === false;
    });
    if (changed) return `its manifest's section of ${changed.attributes.get('Name') ?? ''} is not what was signed`;
  }
  return undefined;
}

function digestIn(attributes: ReadonlyMap<string, string>, of = ''): { fits(bytes: Buffer): boolean } | undefined {
  for (const [key, expected] of attributes) {
    const algorithm = key.endsWith(of) ? DIGEST.exec(key.slice(0, key.length - of.length))?.[1] : undefined;
    if (algorithm === undefined) continue;
    const fits = (bytes: Buffer) => createHash(algorithm.replace('-', '')).update(bytes).digest('base64') === expected;
    return { fits };
  }
  return undefined;
}

/** Tags of ASN.1 values (X.690) in a block of signatures (RFC 2315, 9). */
const SET = 0x31;
const CERTIFICATES = 0xa0;

interface Asn1 {
  readonly tag: number;
  readonly whole: Buffer;
  readonly body: Buffer;
}

/** Undefined if Java would not understand the block either. */
function signerOf(block: Buffer): Signer | undefined {
  try {
    const [, content] = valuesIn(valuesIn(block)[0]?.body);
    const parts = valuesIn(valuesIn(content?.body)[0]?.body);
    const [info] = valuesIn(parts.findLast(({ tag }) => tag === SET)?.body);
    const [, issuerAndSerial] = valuesIn(info?.body);
    const serial = numberOf(valuesIn(issuerAndSerial?.body)[1]?.body.toString('hex'));
    const own = valuesIn(parts.find(({ tag }) => tag === CERTIFICATES)?.body)
      .map(({ whole }) => new X509Certificate(whole))
      .find(({ serialNumber }) => numberOf(serialNumber) === serial);
    if (!own) return undefined;
    const publicKey = own.publicKey.export({ type: 'spki', format: 'der' });
    return { name: own.subject.split('\n').join(', '), key: createHash('sha256').update(publicKey).digest('hex') };
  } catch {
    return undefined;
  }
}

function numberOf(hex = ''): bigint {
  return BigInt(`0x${hex}`);
}

/** The values that stand one after the other. @throws RangeError for bytes that are no ASN.1 */
function valuesIn(bytes: Buffer = Buffer.alloc(0)): readonly Asn1[] {
  const values: Asn1[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes.readUInt8(at + 1);
    // 0x82: the next two bytes are the length.
    const long = first > 0x80 ? first - 0x80 : 0;
    const length = long > 0 ? bytes.readUIntBE(at + 2, long) : first;
    const start = at + 2 + long;
    values.push({
      tag: bytes.readUInt8(at),
      whole: bytes.subarray(at, start + length),
      body: bytes.subarray(start, start + length),
    });
    at = start + length;
  }
  return values;
}
