import { join } from 'node:path';
import { shortSha, type CordappSource, type GitSource, type Release } from '../../config/release.ts';
import type { ReleasesContext } from '../context.ts';
import { resolveCordapp } from '../cordapps.ts';
import { buildRevision } from './build.ts';
import { resolveRevision } from './refs.ts';
import type { Artefact, BuiltFrom, CordappArtefact } from '../artefacts.ts';

/** The result of a git release's build. */
export interface BuiltRelease {
  readonly node: Artefact;
  readonly cordapps: readonly CordappArtefact[];
  readonly built: BuiltFrom;
}

/** Resolves a git release's ref and builds it, or takes the build from the cache. @throws StepError not-built; blocked */
export async function builtRelease(release: Release, ctx: ReleasesContext): Promise<BuiltRelease> {
  const source = release.source as GitSource;
  const revision = await resolveRevision(source, ctx);
  const { commit, repository } = revision;
  const { folder, node, cordapps, recipe } = await buildRevision(release, revision, ctx);
  const origin = `${repository} ${source.ref === commit ? '' : `${source.ref} `}(${shortSha(commit)})`;
  return {
    node: { ...node, file: join(folder, 'node', node.name), origin },
    cordapps: await Promise.all(
      cordapps.map(async ({ name }) => {
        const path = join(folder, 'cordapps', name);
        return { ...(await resolveCordapp({ kind: 'jar', path }, '', ctx)), origin: `${origin}: ${name}` };
      }),
    ),
    built: { repository, commit, recipe },
  };
}

/**
 * The matrix's CorDapps without those that the revision has built itself: a node does not start with two jars of the
 * same contracts.
 */
export function withoutBuilt(named: readonly CordappSource[], built: readonly Artefact[]): readonly CordappSource[] {
  return named.filter((cordapp) => {
    if (cordapp.kind === 'jar') return true;
    const artifact = cordapp.coordinate.split(':')[1] ?? '';
    const rest = built.filter(({ name }) => name.startsWith(artifact)).map(({ name }) => name.slice(artifact.length));
    return !rest.some((text) => /^(-\d.*)?\.jar$/.test(text));
  });
}
