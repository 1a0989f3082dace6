import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, writeFile, readdir, mkdir, open, lstat, readlink, symlink } from 'node:fs/promises';
import { join, dirname, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import type { ReleasesContext } from './context.ts';
import { download, sumsOf } from './download.ts';
import { HttpError, requestText } from './http.ts';
import { beginsWith, exists } from '../support/files.ts';
import { type Environment, variable, VARIABLES } from '../config/variables.ts';

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

/** The suite's list of files: its signed text, if this machine can verify it. */
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

/** By its hash first: then a mirror that is just being updated still has the index that belongs to the list. */
async function downloadIndex(
  dists: string,
  { index, sha256, file }: { readonly index: string; readonly sha256: string; readonly file: string },
  ctx: ReleasesContext,
): Promise<void> {
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
  for (const file of files) if (await exists(file)) return file;
  return undefined;
}

/** The source of Debian packages. */
export interface DebianMirror {
  /** Without a slash at its end. */
  readonly url: string;
  /** The place where its address was read, for messages. */
  readonly from: string;
}

/** `COMPAT_DEBIAN_MIRROR`, else the mirror this Debian machine uses itself, else Debian's own. */
export async function debianMirror(env: Environment, apt = '/etc/apt'): Promise<DebianMirror> {
  const own = variable(env, 'COMPAT_DEBIAN_MIRROR');
  if (own) return { url: own.replace(/\/+$/, ''), from: 'COMPAT_DEBIAN_MIRROR' };
  const [first] = await aptMirrors(apt);
  return first ?? { url: VARIABLES.COMPAT_DEBIAN_MIRROR.byDefault, from: 'default' };
}

async function aptMirrors(apt: string): Promise<readonly DebianMirror[]> {
  const parts = join(apt, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name)).toSorted();
  const files = [join(apt, 'sources.list'), ...names.map((name) => join(parts, name))];
  const found = files.map(async (file) => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return debianUris(text).map((url) => ({ url, from: file }));
  });
  return (await Promise.all(found)).flat();
}

/** Addresses of Debian's main archive in a sources.list (`deb …`) or a deb822 file (`URIs: …`). */
export function debianUris(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /^\s*(deb\s|URIs:)/.test(line));
  const words = lines.flatMap((line) => line.split(/\s+/)).map((word) => word.replace(/\/+$/, ''));
  // Not `debian-security`, not another distribution's archive.
  return words.filter((word) => /^https?:\/\/.+\/debian$/.test(word));
}

const UNPACK_LIMIT_MS = 120_000;
const AR_START = '!<arch>\n';
const HEADER_LENGTH = 60;

export interface UnpackRequest {
  /** A .deb file. */
  readonly file: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Default: `dpkg-deb` where this machine has it. */
  readonly tool?: 'dpkg-deb' | 'tar';
}

/** Unpacks a Debian package's files; no root needed. @throws Error with the tool's words */
export async function unpackDeb(request: UnpackRequest): Promise<void> {
  const { file, folder, signal, tool } = request;
  const options = { cancelSignal: signal, timeout: UNPACK_LIMIT_MS };
  if (tool !== 'tar') {
    const { code } = await execa('dpkg-deb', ['-x', file, folder], options).catch((error: unknown) => {
      if (tool === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return { code: 'ENOENT' };
      throw error;
    });
    if (code !== 'ENOENT') return;
  }
  const archive = await extractData(file, `${folder}.data`);
  try {
    await mkdir(folder, { recursive: true });
    await execa('tar', ['-xf', archive, '-C', folder], options);
  } finally {
    await rm(archive, { force: true });
  }
}

/** A .deb is an `ar` archive: its files are in the member `data.tar.xz` (or .zst, .gz). Returns that, as a file. */
async function extractData(file: string, target: string): Promise<string> {
  if (!(await beginsWith(file, AR_START))) throw new Error(`${file} is no Debian package`);
  const handle = await open(file);
  try {
    for (let at = AR_START.length; ;) {
      const header = Buffer.alloc(HEADER_LENGTH);
      const { bytesRead } = await handle.read(header, 0, HEADER_LENGTH, at);
      if (bytesRead < HEADER_LENGTH) throw new Error(`${file} has no data.tar`);
      const name = header.toString('latin1', 0, 16).trim().replace(/\/$/, '');
      const size = Number(header.toString('latin1', 48, 58));
      const from = at + HEADER_LENGTH;
      if (name.startsWith('data.tar')) {
        const archive = join(`${target}${name.slice('data'.length)}`);
        await pipeline(createReadStream(file, { start: from, end: from + size - 1 }), createWriteStream(archive));
        return archive;
      }
      // Members begin at even offsets.
      at = from + size + (size % 2);
    }
  } finally {
    await handle.close();
  }
}

/** An unpacked Debian tree that holds Java, the C library it was built for, and patchelf. */
export interface DebianTree {
  /** Its present path. */
  readonly folder: string;
  /** Its path when it is used. */
  readonly final: string;
  /** `x86_64-linux-gnu` */
  readonly triplet: string;
  /** `ld-linux-x86-64.so.2` */
  readonly loader: string;
}

const PATCH_LIMIT_MS = 120_000;

/**
 * Lets the programs of a Java home run from this tree alone: with the loader and the libraries beside them, not with the
 * machine's own, which may be older (or none at all, as on Alpine).
 */
export async function relocate(tree: DebianTree, home: string, signal: AbortSignal): Promise<void> {
  await retargetLinks(tree, home);
  for (const program of await programsIn(home)) await patch(tree, program, signal);
}

/** Debian keeps a JDK's configuration in /etc and links to it; the links must lead into the tree. */
async function retargetLinks({ folder }: DebianTree, home: string): Promise<void> {
  for (const path of await filesBelow(home)) {
    if (!(await lstat(path)).isSymbolicLink()) continue;
    const target = await readlink(path);
    if (!target.startsWith('/')) continue;
    await rm(path);
    await symlink(relative(dirname(path), join(folder, target)), path);
  }
}

async function patch(tree: DebianTree, program: string, signal: AbortSignal): Promise<void> {
  const libraries = join(tree.folder, 'usr/lib', tree.triplet);
  // Both are made for each other and for nothing on this machine: patchelf itself runs by the unpacked loader.
  const command = join(libraries, tree.loader);
  const patchelf = ['--library-path', libraries, join(tree.folder, 'usr/bin/patchelf')];
  const options = { cancelSignal: signal, timeout: PATCH_LIMIT_MS };
  const { stdout: own } = await execa(command, [...patchelf, '--print-rpath', program], options);
  const path = [...own.split(':'), `$ORIGIN/${relative(dirname(program), libraries)}`].filter((part) => part !== '');
  const interpreter = join(tree.final, 'usr/lib', tree.triplet, tree.loader);
  // RPATH and not RUNPATH, so that it holds for the libraries' own needs as well.
  const change = ['--set-interpreter', interpreter, '--force-rpath', '--set-rpath', path.join(':')];
  await execa(command, [...patchelf, ...change, program], options);
}

/** Compiled programs of a JDK: those of its `bin` folders and the helper that starts other programs. */
async function programsIn(home: string): Promise<readonly string[]> {
  const candidates = (await filesBelow(home)).filter((path) => /\/bin\/[^/]+$|\/jspawnhelper$/.test(path));
  const checked = await Promise.all(candidates.map(async (path) => ((await isProgram(path)) ? [path] : [])));
  return checked.flat();
}

async function isProgram(path: string): Promise<boolean> {
  return (await lstat(path)).isFile() && (await beginsWith(path, '\x7fELF'));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
