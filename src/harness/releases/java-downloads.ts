import { rm, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, basename } from 'node:path';
import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { z } from 'zod';
import pLimit from 'p-limit';
import type { ReleasesContext } from './context.ts';
import { partialFile } from './cache-files.ts';
import { download, megabytes, sumsOf } from './download.ts';
import { HttpError, requestText } from './http.ts';
import { inspectJava, type JavaNeed, type JavaRoute, type RouteResult } from './java-route.ts';
import { exists } from '../support/files.ts';
import { messageOf, seconds } from '../support/words.ts';
import { variableOr } from '../config/variables.ts';
import { findPackages, type DebianPackage, debianMirror, type DebianMirror, relocate, unpackDeb } from './debian.ts';

const API_LIMIT_MS = 10_000;
const UNPACK_LIMIT_MS = 300_000;

const assetsSchema = z.array(
  z.object({
    release_name: z.string(),
    binary: z.object({
      package: z.object({ link: z.string(), checksum: z.string(), size: z.number(), name: z.string() }),
    }),
  }),
);
type Asset = z.infer<typeof assetsSchema>[number];

/** Eclipse Temurin by Adoptium's API (`COMPAT_ADOPTIUM_API` names another host of it). */
export const adoptiumRoute: JavaRoute = {
  name: 'Adoptium',

  async look(need, ctx): Promise<RouteResult> {
    const folder = await ctx.cache.find(adoptiumEntry(need));
    if (folder !== undefined) return inspectUnpacked(folder, need, ctx);
    return { why: `not in the cache; would ask ${apiUrl(need, ctx)} and download about 100 MB` };
  },

  async fetch(need, ctx): Promise<RouteResult> {
    const asset = await newestAsset(need, ctx);
    if ('why' in asset) return asset;
    // A Java in the cache did not serve, or look() would have found it.
    await ctx.cache.remove(adoptiumEntry(need));
    const folder = await ctx.cache.entry(adoptiumEntry(need), (target) => unpack(asset, target, ctx));
    return inspectUnpacked(folder, need, ctx);
  },
};

function adoptiumEntry(need: JavaNeed) {
  return { kind: 'java', key: `adoptium-${need.major}-${platformName(need)}`, step: 'java' as const };
}

async function inspectUnpacked(folder: string, need: JavaNeed, ctx: ReleasesContext): Promise<RouteResult> {
  const bundle = join(folder, 'Contents', 'Home');
  const home = (await exists(bundle)) ? bundle : folder;
  return inspectJava({ home, origin: `Adoptium, ${folder}` }, need, ctx);
}

async function newestAsset(need: JavaNeed, ctx: ReleasesContext): Promise<Asset | { why: string }> {
  const url = apiUrl(need, ctx);
  const none = { why: `${url} knows no JDK ${need.major} for ${platformName(need)}` };
  try {
    const [asset] = assetsSchema.parse(JSON.parse(await requestText({ url, signal: ctx.signal, limit: API_LIMIT_MS })));
    return asset ?? none;
  } catch (error) {
    ctx.signal.throwIfAborted();
    return error instanceof HttpError && error.status === 404 ? none : { why: messageOf(error) };
  }
}

async function unpack(asset: Asset, target: string, ctx: ReleasesContext): Promise<void> {
  const { link, checksum, size, name } = asset.binary.package;
  const file = partialFile(ctx.cache.folder, name);
  ctx.progress.say(`${name}: ${megabytes(size)} MB from ${new URL(link).host}`);
  await download({ ...ctx, url: link, file, name });
  const { sha256 } = await sumsOf(file, ctx.signal);
  if (sha256 !== checksum.toLowerCase()) {
    await rm(file, { force: true });
    throw new Error(`${link}: sha256 is ${sha256}, should be ${checksum}`);
  }
  // Temurin's archives have one folder at their top.
  const options = { cancelSignal: ctx.signal, timeout: UNPACK_LIMIT_MS };
  await execa('tar', ['-xzf', file, '-C', target, '--strip-components=1'], options);
  await rm(file, { force: true });
}

function apiUrl(need: JavaNeed, { env }: ReleasesContext): string {
  const { os, architecture } = platform(need);
  const query = new URLSearchParams({ architecture, image_type: 'jdk', os, vendor: 'eclipse' });
  const api = variableOr(env, 'COMPAT_ADOPTIUM_API').replace(/\/+$/, '');
  return `${api}/v3/assets/latest/${need.major}/hotspot?${query.toString()}`;
}

function platformName(need: JavaNeed): string {
  const { os, architecture } = platform(need);
  return `${os}-${architecture}`;
}

/** This machine in Adoptium's words. */
function platform({ major }: JavaNeed): { os: string; architecture: string } {
  const isArm = process.arch === 'arm64';
  const architecture = isArm ? 'aarch64' : process.arch;
  if (process.platform === 'darwin') {
    // There is no Java 8 of theirs for Apple's own processors; macOS runs the other one.
    return { os: 'mac', architecture: isArm && major === 8 ? 'x64' : architecture };
  }
  return { os: process.platform === 'linux' && !isGlibc() ? 'alpine-linux' : process.platform, architecture };
}

function isGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}

/** Debian's unstable suite has every Java that Corda runs on; a stable one has a single Java. */
const SUITE = 'sid';
const MACHINES = {
  x64: { architecture: 'amd64', triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { architecture: 'arm64', triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};
type Machine = (typeof MACHINES)['x64'];

const DOWNLOADS_AT_A_TIME = 3;
/** The tree's own note of its packages. */
const NOTE = 'packages.txt';

/** Debian's packages of OpenJDK, unpacked without root together with the C library they were built for. */
export const debianRoute: JavaRoute = {
  name: 'Debian packages',

  async look(need, ctx): Promise<RouteResult> {
    const machine = thisMachine();
    if (!machine) return { why: `only for Linux on x64 or arm64, not for ${process.platform} on ${process.arch}` };
    const folder = await ctx.cache.find(debianEntry(need, machine));
    if (folder !== undefined) return inspectTree(folder, need, { machine, ctx });
    const { url, from } = await debianMirror(ctx.env);
    return { why: `not in the cache; would download about ${need.major === 8 ? 55 : 135} MB from ${url} (${from})` };
  },

  async fetch(need, ctx): Promise<RouteResult> {
    const machine = thisMachine();
    if (!machine) return { why: 'not for this machine' };
    const entry = debianEntry(need, machine);
    // A Java in the cache did not serve, or look() would have found it.
    await ctx.cache.remove(entry);
    const folder = await ctx.cache.entry(entry, (target, final) => makeTree({ target, final, need, machine }, ctx));
    const result = await inspectTree(folder, need, { machine, ctx });
    if ('why' in result) await ctx.cache.remove(entry);
    return result;
  },
};

async function makeTree(
  { target, final, need, machine }: { target: string; final: string; need: JavaNeed; machine: Machine },
  ctx: ReleasesContext,
): Promise<void> {
  const start = performance.now();
  const mirror = await debianMirror(ctx.env);
  const java = `openjdk-${need.major}`;
  const needed = ['libc6', 'zlib1g', 'libgcc-s1', 'libstdc++6', 'patchelf'];
  const wanted = [`${java}-jre-headless`, `${java}-jdk-headless`, ...needed];
  const request = { mirror, suite: SUITE, architecture: machine.architecture, packages: wanted, folder: target };
  const packages = await findPackages(request, ctx);
  await unpackAll(packages, { mirror, target }, ctx);
  await relocate({ folder: target, final, ...machine }, join(target, homeBelow(need, machine)), ctx.signal);
  for (const unused of ['usr/share', 'usr/bin', 'usr/lib/debug', 'etc/ld.so.conf.d']) {
    await rm(join(target, unused), { recursive: true, force: true });
  }
  const note = packages.map(({ name, version, sha256 }) => `${name} ${version} ${sha256}\n`).join('');
  await writeFile(join(target, NOTE), note);
  const took = seconds(performance.now() - start, 0);
  ctx.progress.say(`Java ${need.major}: Debian packages unpacked into ${final} in ${took}`);
}

async function unpackAll(
  packages: readonly DebianPackage[],
  { mirror, target }: { readonly mirror: DebianMirror; readonly target: string },
  ctx: ReleasesContext,
): Promise<void> {
  const size = packages.reduce((sum, { size: bytes }) => sum + bytes, 0);
  ctx.progress.say(`${packages.length} Debian packages: ${megabytes(size)} MB from Debian's archive`);
  const debs = join(target, '.debs');
  await mkdir(debs);
  const limit = pLimit(DOWNLOADS_AT_A_TIME);
  const fetched = packages.map((one) =>
    limit(async () => {
      const file = join(debs, createHash('sha256').update(one.path).digest('hex'));
      await download({ ...ctx, url: `${mirror.url}/${one.path}`, file, name: basename(one.path) });
      const { sha256 } = await sumsOf(file, ctx.signal);
      const what = `${mirror.url}/${one.path}`;
      if (sha256 !== one.sha256) throw new Error(`${what}: sha256 is ${sha256}, should be ${one.sha256}`);
      await unpackDeb({ file, folder: target, signal: ctx.signal });
      await rm(file);
    }),
  );
  await Promise.allSettled(fetched);
  await Promise.all(fetched);
  await rm(debs, { recursive: true });
}

async function inspectTree(
  folder: string,
  need: JavaNeed,
  { machine, ctx }: { readonly machine: Machine; readonly ctx: ReleasesContext },
): Promise<RouteResult> {
  const note = await readFile(join(folder, NOTE), 'utf8').catch(() => '');
  const version = /^openjdk-\d+-jre-headless (\S+)/m.exec(note)?.[1] ?? 'of unknown version';
  const home = join(folder, homeBelow(need, machine));
  return inspectJava({ home, origin: `Debian ${version}, ${folder}` }, need, ctx);
}

function homeBelow({ major }: JavaNeed, { architecture }: Machine): string {
  return `usr/lib/jvm/java-${major}-openjdk-${architecture}`;
}

function debianEntry({ major }: JavaNeed, { architecture }: Machine) {
  return { kind: 'java', key: `debian-${major}-${architecture}`, step: 'java' as const };
}

function thisMachine(): Machine | undefined {
  if (process.platform !== 'linux') return undefined;
  return MACHINES[process.arch as keyof typeof MACHINES];
}
