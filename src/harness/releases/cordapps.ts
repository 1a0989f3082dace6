import { basename, resolve } from 'node:path';
import type { CordappSource } from '../config/release.ts';
import { notBuilt } from '../support/step-error.ts';
import { errorCode } from './cache-folder.ts';
import type { ReleasesContext } from './context.ts';
import { sha256Of } from './download.ts';
import { readJarFacts, type JarFacts } from '../inspect/jar-facts.ts';
import { NotAJar } from '../support/jar.ts';
import { downloadArtefact, lookForArtefact } from './maven.ts';
import type { Artefact, CordappArtefact } from './artefacts.ts';

/** Fetches a CorDapp for a node of `version`, and looks into it. @throws StepError not-built or blocked (cordapps) */
export async function resolveCordapp(
  source: CordappSource,
  version: string,
  ctx: ReleasesContext,
): Promise<CordappArtefact> {
  const artefact =
    source.kind === 'maven'
      ? await downloadArtefact(coordinateOf(source, version), ctx, 'cordapps')
      : await localJar(source.path, ctx);
  const facts = await factsOf(artefact);
  return { ...artefact, signed: facts.signatures.signed, facts };
}

/** Looks for a CorDapp without fetching it, and into one of this machine. @throws StepError as `resolveCordapp` does */
export async function lookForCordapp(source: CordappSource, version: string, ctx: ReleasesContext): Promise<void> {
  if (source.kind === 'jar') await resolveCordapp(source, version, ctx);
  else await lookForArtefact(coordinateOf(source, version), ctx, 'cordapps');
}

function coordinateOf({ coordinate }: CordappSource & { kind: 'maven' }, version: string): string {
  return coordinate.replaceAll('{version}', version);
}

async function localJar(path: string, ctx: ReleasesContext): Promise<Artefact> {
  const file = resolve(path);
  try {
    const { sha256 } = await sha256Of(file, ctx.signal);
    return { file, name: basename(file), sha256, origin: path };
  } catch (cause) {
    ctx.signal.throwIfAborted();
    if (!['ENOENT', 'EISDIR', 'EACCES'].includes(errorCode(cause) ?? '')) throw cause;
    throw notBuilt('cordapps', `CorDapp ${path}: ${(cause as Error).message}.`, { cause });
  }
}

async function factsOf({ file, origin }: Artefact): Promise<JarFacts> {
  return readJarFacts(file).catch((cause: unknown) => {
    if (!(cause instanceof NotAJar)) throw cause;
    throw notBuilt('cordapps', `CorDapp ${origin} (${file}) is no jar: ${cause.found}.`, { cause });
  });
}
