import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import type { Step } from '../support/step-error.ts';
import type { Progress } from '../support/progress.ts';
import { engineFailure, EngineRefusal, isUnknownImage, statusOf } from './engine-failure.ts';

/** Login for each push and pull, in the engine's form. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

/** An image that the engine has. */
export interface EngineImage {
  /** `sha256:…` */
  readonly id: string;
  readonly layers: readonly string[];
  readonly environment: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly architecture: string;
  /** `repository@sha256:…`, one for each repository that it was pushed to or pulled from. */
  readonly digests: readonly string[];
}

interface Asked {
  readonly engine: Dockerode;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

const PROGRESS_EVERY_MS = 2_000;

/** An image by name, digest or id; `undefined` where the engine has none. @throws StepError blocked at the step, by default `build` */
export async function findImage(
  reference: string,
  { engine, step = 'build' }: Pick<Asked, 'engine'> & { readonly step?: Step },
): Promise<EngineImage | undefined> {
  try {
    const { Id, RootFS, Config, Architecture, RepoDigests } = await engine.getImage(reference).inspect();
    return {
      id: Id,
      layers: RootFS.Layers ?? [],
      environment: Config.Env ?? [],
      labels: Config.Labels ?? {},
      architecture: Architecture,
      digests: RepoDigests ?? [],
    };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw engineFailure(`looking for the image ${reference}`, error, step);
  }
}

/** Pulls an image. @throws Error in the engine's words */
export async function fetchImage(
  reference: string,
  { ctx, auth }: { readonly ctx: Asked; readonly auth: RegistryAuth | undefined },
): Promise<EngineImage> {
  // The engine takes a digest in place of a tag, not beside one.
  const [name = '', sha256] = reference.split('@');
  const bare = name.replace(/:[^/:]*$/, '');
  const tag = sha256 ?? (name.slice(bare.length + 1) || 'latest');
  const options = { fromImage: bare, tag, abortSignal: ctx.signal };
  const { engine } = ctx;
  const stream = await (auth ? engine.createImage(auth, options) : engine.createImage(options));
  await follow(stream, { ctx, what: `fetching ${reference}` });
  const byDigest = () => findImage(`${bare}@${sha256 ?? ''}`, ctx).catch(() => undefined);
  const found = (await findImage(reference, ctx)) ?? (await byDigest());
  if (!found) throw new EngineRefusal(`the engine has fetched ${reference}, but does not have it`);
  return found;
}

/** Puts an archive of images into the engine. @throws StepError blocked */
export async function loadImages(archive: Readable, what: string, ctx: Asked): Promise<void> {
  try {
    const stream = await ctx.engine.loadImage(archive, { quiet: true, abortSignal: ctx.signal });
    await follow(stream, { ctx, what });
  } catch (error) {
    ctx.signal.throwIfAborted();
    throw engineFailure(what, error, 'build');
  }
}

/** The result of a push. */
export interface Pushed {
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  /** Bytes of layers that the registry did not have. */
  readonly bytes: number;
}

/** Pushes a tag that the engine has. @throws Error in the engine's words */
export async function pushImage(
  { repository, tag }: { readonly repository: string; readonly tag: string },
  { ctx, auth }: { readonly ctx: Asked; readonly auth: RegistryAuth | undefined },
): Promise<Pushed> {
  // Without a user the engine still needs a login with some text.
  const authconfig = auth ?? { username: '', password: '', serveraddress: '' };
  const stream = await ctx.engine.getImage(repository).push({ tag, authconfig, abortSignal: ctx.signal });
  const events = await follow(stream, { ctx, what: `pushing ${repository}:${tag}` });
  const digest = events.map(({ aux }) => aux?.Digest).find((found) => found !== undefined);
  if (digest === undefined) throw new Error('the engine did not say under which digest it pushed');
  return { digest, bytes: pushedBytes(events) };
}

/** The digest of an image in its registry, asked by the engine; `undefined` where the registry has none. @throws Error */
export async function registryDigest(
  name: string,
  { ctx, auth }: { readonly ctx: Asked; readonly auth: RegistryAuth | undefined },
): Promise<string | undefined> {
  try {
    const { Descriptor } = await ctx.engine.getImage(name).distribution(auth ? { authconfig: auth } : {});
    return Descriptor.digest;
  } catch (error) {
    if (isUnknownImage(error)) return undefined;
    throw error;
  }
}

interface EngineEvent {
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: { readonly Digest?: string };
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Reads the engine's output to its end, and prints progress. @throws Error in the engine's words */
async function follow(stream: NodeJS.ReadableStream, { ctx, what }: { readonly ctx: Asked; readonly what: string }) {
  const { engine, signal, progress } = ctx;
  const events: EngineEvent[] = [];
  let said = performance.now();
  const onProgress = (event: EngineEvent): void => {
    events.push(event);
    if (performance.now() - said < PROGRESS_EVERY_MS) return;
    said = performance.now();
    progress.say(`${what}: ${event.status ?? 'in progress'}${amount(events)}`);
  };
  const done = new Promise<void>((resolve, reject) => {
    const onFinished = (error: Error | null): void => (error ? reject(error) : resolve());
    (engine.modem as Dockerode['modem'] & Modem).followProgress(stream, onFinished, onProgress);
  });
  const stop = (): void => void (stream as Readable).destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await done;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  const failed = events.find(({ error, errorDetail }) => error ?? errorDetail);
  if (failed) throw new EngineRefusal(failed.errorDetail?.message ?? failed.error ?? what);
  return events;
}

interface Modem {
  followProgress(
    stream: NodeJS.ReadableStream,
    onFinished: (error: Error | null) => void,
    onProgress: (event: EngineEvent) => void,
  ): void;
}

/** ` 12 of 150 MB`, over the layers in transfer. */
function amount(events: readonly EngineEvent[]): string {
  const last = lastOfEach(events);
  const sum = (pick: 'current' | 'total'): number =>
    last.reduce((total, { progressDetail }) => total + (progressDetail?.[pick] ?? 0), 0);
  const mb = (bytes: number): number => Math.round(bytes / 1e6);
  return sum('total') > 0 ? ` ${mb(sum('current'))} of ${mb(sum('total'))} MB` : '';
}

function pushedBytes(events: readonly EngineEvent[]): number {
  const pushed = lastOfEach(events.filter(({ status }) => status === 'Pushing'));
  return pushed.reduce((sum, { progressDetail }) => sum + (progressDetail?.current ?? 0), 0);
}

function lastOfEach(events: readonly EngineEvent[]): readonly EngineEvent[] {
  return [...new Map(events.filter(({ id }) => id !== undefined).map((event) => [event.id, event])).values()];
}
