import { relative } from 'node:path';
import { Option, type Command } from 'commander';
import type { ByHandConfig } from '../harness/run/by-hand/compose.ts';
import type { ConfigFormat } from '../harness/run/by-hand/render.ts';
import {
  addConfigOptions,
  byHandHost,
  chosenCell,
  configOrder,
  nextSteps,
  type ConfigFlags,
} from './by-hand-options.ts';
import type { CommandParts } from './context.ts';

interface Flags extends ConfigFlags {
  readonly cell?: string;
  readonly format: ConfigFormat;
}

/** `corda-compat config`: a cell’s network as files, for kubectl, helm or kustomize. */
export function addConfigCommand(program: Command, { context, finish }: CommandParts): void {
  const command = program
    .command('config')
    .description('write the Kubernetes objects of a cell’s network, for you to apply; builds and publishes its images')
    .option('--cell <name>', 'cell of the matrix; may be left out where there is one only')
    .addOption(
      new Option('--format <format>', 'what reads them').choices(['yaml', 'helm', 'kustomize']).default('yaml'),
    );
  addConfigOptions(command).action(async ({ cell: name, ...flags }: Flags) => {
    const cell = await chosenCell(context, name, flags);
    // Loaded here: what speaks to engines and clusters takes longer to load than other commands take to run.
    const { makeConfig } = await import('../harness/run/by-hand/make-config.ts');
    const order = configOrder(cell, flags, { cwd: context.cwd, format: flags.format });
    const config = await makeConfig(order, byHandHost(context, flags));
    context.print(written(config, { folder: relative(context.cwd, order.out) || '.', format: flags.format }));
    finish(0);
  });
}

/** Says what to do with the folder. */
function written(
  config: ByHandConfig,
  { folder, format }: { readonly folder: string; readonly format: ConfigFormat },
): string {
  const { cell, namespace, folders } = config;
  const apply = {
    yaml: `kubectl apply -R -f ${folder}`,
    // Not helm install: it keeps a copy of all in one Secret, and the nodes’ tables alone are too large for that.
    helm: `helm template ${folder} | kubectl apply -f -`,
    kustomize: `kubectl apply -k ${folder}`,
  }[format];
  return [
    `${cell} for namespace ${namespace} written to ${folder}/: ${folders.map(({ name }) => name).join(', ')}`,
    'These files hold keys and passwords; only you may read them.',
    `apply:  ${apply}`,
    ...nextSteps(config),
  ].join('\n');
}
