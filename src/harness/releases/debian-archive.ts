import { execa } from 'execa';
import { createReadStream } from 'node:fs';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { ReleasesContext } from './context.ts';
import type { DebianMirror } from './debian-mirror.ts';
import { download, sumsOf } from './download.ts';
import { HttpError, requestText } from './http.ts';

/** A package as the archive's index describes it. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Path below the mirror. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

export interface ArchiveRequest {
  readonly mirror: DebianMirror;
  readonly suite: string;
  /** `amd64`, `arm64`. */
  readonly architecture: string;
  readonly packages: readonly string[];
  /** For files that are needed on the way. */
  readonly folder: string;
}

const KEYRINGS = ['gpg', 'pgp'].map((suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`);
const RELEASE_LIMIT_MS = 15_000;

/**
 * Looks packages up in a suite of a Debian archive: its signed list of files, then its index of packages.
 * @throws Error saying what does not fit; HttpError, ConnectionError
 */
export async function findPackages(request: ArchiveRequest, ctx: ReleasesContext): Promise<readonly DebianPackage[]> {
  const index = `main/binary-${request.architecture}/Packages.gz`;
  const sha256 = sha256InRelease(await readRelease(request, ctx), index);
  const dists = `${request.mirror.url}/dists/${request.suite}`;
  if (sha256 === undefined) throw new Error(`${dists}/InRelease names no ${index}`);
  const file = join(request.folder, 'Packages.gz');
  await downloadIndex(dists, { index, sha256, file }, ctx);
  const found = await readIndex(file, new Set(request.packages));
  await rm(file, { force: true });
  const missing = request.packages.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`${dists} has no ${missing.join(', ')} for ${request.architecture}`);
  return [...found.values()];
}

/** The suite's list of files: what was signed, where this machine can tell. */
async function readRelease({ mirror, suite, folder }: ArchiveRequest, ctx: ReleasesContext): Promise<string> {
  const url = `${mirror.url}/dists/${suite}/InRelease`;
  const text = await requestText({ url, signal: ctx.signal, limit: RELEASE_LIMIT_MS });
  const keyring = await firstExisting(KEYRINGS);
  const file = join(folder, 'InRelease');
  await writeFile(file, text);
  const args = ['--status-fd', '1', '--keyring', keyring ?? '', '--output', `${file}.signed`, file];
  const check = keyring && (await execa('gpgv', args, { reject: false, cancelSignal: ctx.signal }));
  ctx.signal.throwIfAborted();
  if (!check || check.code === 'ENOENT') {
    const missing = keyring ? 'gpgv' : 'debian-archive-keyring';
    ctx.progress.say(`${url}: its signature is not verified, because this machine has no ${missing}`);
    return text;
  }
  // The index is signed with several keys, of which an older keyring knows some.
  const good = /^\[GNUPG:\] VALIDSIG /m.test(check.stdout) && !/^\[GNUPG:\] BADSIG /m.test(check.stdout);
  if (!good) throw new Error(`${url} is not signed by a key of ${keyring}: ${check.stderr.split('\n').join(' ')}`);
  return readFile(`${file}.signed`, 'utf8');
}

/** The SHA-256 of a file by a Release file. */
export function sha256InRelease(release: string, path: string): string | undefined {
  const section = /^SHA256:\n((?: .*\n?)+)/m.exec(release)?.[1] ?? '';
  const line = section.split('\n').find((entry) => entry.trim().split(/\s+/)[2] === path);
  return line?.trim().split(/\s+/)[0];
}

interface IndexFile {
  readonly index: string;
  readonly sha256: string;
  readonly file: string;
}

/** By its hash first: then a mirror that is just being updated still has the index that belongs to the list. */
async function downloadIndex(dists: string, { index, sha256, file }: IndexFile, ctx: ReleasesContext): Promise<void> {
  const byHash = `${dists}/${index.replace(/[^/]+$/, '')}by-hash/SHA256/${sha256}`;
  const options = { ...ctx, file, name: `Debian's index of packages` };
  await download({ ...options, url: byHash }).catch(async (error: unknown) => {
    if (!(error instanceof HttpError)) throw error;
    await download({ ...options, url: `${dists}/${index}` });
  });
  const sums = await sumsOf(file, ctx.signal);
  if (sums.sha256 !== sha256) throw new Error(`${dists}/${index}: sha256 is ${sums.sha256}, should be ${sha256}`);
}

async function readIndex(file: string, wanted: ReadonlySet<string>): Promise<Map<string, DebianPackage>> {
  const found = new Map<string, DebianPackage>();
  let stanza = new Map<string, string>();
  // 65 MB of text: a line at a time, keeping nothing but the stanza at hand.
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const [, field, value] = /^(Package|Version|Filename|SHA256|Size): (.*)$/.exec(line) ?? [];
    if (field !== undefined && value !== undefined) stanza.set(field, value);
    if (line !== '') continue;
    keep(stanza);
    stanza = new Map();
  }
  keep(stanza);
  return found;

  function keep(fields: ReadonlyMap<string, string>): void {
    const name = fields.get('Package') ?? '';
    if (wanted.has(name)) found.set(name, packageOf(name, fields));
  }
}

function packageOf(name: string, fields: ReadonlyMap<string, string>): DebianPackage {
  const get = (field: string): string => fields.get(field) ?? '';
  return { name, version: get('Version'), path: get('Filename'), sha256: get('SHA256'), size: Number(get('Size')) };
}

async function firstExisting(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return undefined;
}
