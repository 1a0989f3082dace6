import { Argument, type Command } from 'commander';
import { COMPONENTS, type Component } from '../harness/images/image.ts';
import type { Release } from '../harness/config/release.ts';
import { loadMatrix } from '../harness/config/load.ts';
import { MatrixError, notAmong } from '../harness/config/problems.ts';
import type { BuildReport } from '../harness/byhand/build-components.ts';
import type { CommandParts } from './context.ts';

const BASE = 'base';
/** `corda-compat build`: images of the matrix's releases, in the engine and in the registry. */
export function addBuildCommand(program: Command, { context, finish }: CommandParts): void {
  const components = new Argument('[component...]', 'components to build; default: all of them');
  program
    .command('build')
    .description(
      'build images of releases and push them to COMPAT_REGISTRY, if it is set. Images that exist already are not built again. ' +
        'base: an image of this machine’s Java, for a machine that can pull none',
    )
    .addArgument(components.choices([...COMPONENTS, BASE]))
    .option('-r, --release <id...>', 'releases of the matrix; default: all of them', [])
    .action(async (wanted: readonly (Component | typeof BASE)[], { release }: { release: readonly string[] }) => {
      const { releases } = await loadMatrix(context);
      // Loaded here: what speaks to engines takes longer to load than the other commands take to run.
      const { buildComponents } = await import('../harness/byhand/build-components.ts');
      const order = {
        releases: chosen(releases, release),
        components: wanted.filter((each) => each !== BASE),
        base: wanted.includes(BASE),
      };
      const progress = { say: (text: string) => context.note(text) };
      const report = await buildComponents(order, { ...context, root: context.cwd, progress });
      if (report.images.length > 0) context.print(table(report));
      for (const { message } of report.failures) context.note(message);
      finish(report.failures.length === 0 ? 0 : 1);
    });
}

function chosen(releases: readonly Release[], ids: readonly string[]): readonly Release[] {
  if (ids.length === 0) return releases;
  const known = releases.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    const problems = unknown.map((id) => ({ path: [], text: `--release: ${notAmong(id, 'no such release', known)}` }));
    throw new MatrixError('corda-compat build', problems);
  }
  return releases.filter(({ id }) => ids.includes(id));
}

function table({ images }: BuildReport): string {
  const width = Math.max(...images.map(({ release }) => release.length));
  return images
    .map(({ release, image }) => `${release.padEnd(width)}  ${image.name}\n${' '.repeat(width)}    ${image.reference}`)
    .join('\n');
}
