import { execa } from 'execa';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ReleasesContext } from './context.ts';
import { partialFile } from './cache-temporary.ts';
import { download, megabytes, sumsOf } from './download.ts';
import { HttpError, requestText } from './http.ts';
import { inspectJava, type JavaNeed, type JavaRoute, type RouteResult } from './java-route.ts';
import { messageOf } from '../support/words.ts';
import { variableOr } from '../domain/environment.ts';

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
    const folder = await ctx.cache.find(entryOf(need));
    if (folder !== undefined) return inspectUnpacked(folder, need, ctx);
    return { why: `not in the cache; would ask ${apiUrl(need, ctx)} and download about 100 MB` };
  },

  async fetch(need, ctx): Promise<RouteResult> {
    const asset = await newestAsset(need, ctx);
    if ('why' in asset) return asset;
    // What was there did not serve, or look() would have found it.
    await ctx.cache.remove(entryOf(need));
    const folder = await ctx.cache.entry(entryOf(need), (target) => unpack(asset, target, ctx));
    return inspectUnpacked(folder, need, ctx);
  },
};

function entryOf(need: JavaNeed) {
  return { kind: 'java', key: `adoptium-${need.major}-${platformName(need)}`, step: 'java' as const };
}

async function inspectUnpacked(folder: string, need: JavaNeed, ctx: ReleasesContext): Promise<RouteResult> {
  const bundle = join(folder, 'Contents', 'Home');
  const isBundle = await stat(bundle).then(
    () => true,
    () => false,
  );
  return inspectJava({ home: isBundle ? bundle : folder, origin: `Adoptium, ${folder}` }, need, ctx);
}

async function newestAsset(need: JavaNeed, ctx: ReleasesContext): Promise<Asset | { why: string }> {
  const url = apiUrl(need, ctx);
  try {
    const [asset] = assetsSchema.parse(JSON.parse(await requestText({ url, signal: ctx.signal, limit: API_LIMIT_MS })));
    return asset ?? { why: `${url} knows no JDK ${need.major} for ${platformName(need)}` };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof HttpError && error.status === 404) {
      return { why: `${url} knows no JDK ${need.major} for ${platformName(need)}` };
    }
    return { why: messageOf(error) };
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
  const x64 = { architecture: process.arch };
  const arm = { architecture: 'aarch64' };
  const machine = process.arch === 'arm64' ? arm : x64;
  if (process.platform === 'darwin') {
    // There is no Java 8 of theirs for Apple's own processors; macOS runs the other one.
    return { os: 'mac', ...(process.arch === 'arm64' && major === 8 ? { architecture: 'x64' } : machine) };
  }
  return { os: process.platform === 'linux' && !isGlibc() ? 'alpine-linux' : process.platform, ...machine };
}

function isGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
