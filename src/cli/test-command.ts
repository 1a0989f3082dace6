import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { execa } from 'execa';
import { parseNamespace } from './by-hand-options.ts';
import type { CliContext, CommandParts } from './context.ts';

/** `corda-compat test`: the suites, as vitest runs them, on a network that is there already. */
export function addTestCommand(program: Command, { context, finish }: CommandParts): void {
  program
    .command('test')
    .description('run the suites on a network that config or up has put into a cluster; the network stays')
    .addOption(
      new Option('--attach <namespace>', 'namespace of the network').argParser(parseNamespace).makeOptionMandatory(),
    )
    .argument('[vitest...]', 'passed on to vitest: suites, -t, --reporter and so on')
    .allowUnknownOption()
    .action(async (args: readonly string[], { attach }: { readonly attach: string }) => {
      finish(await runVitest(args, { ...context, env: { ...context.env, COMPAT_ATTACH: attach } }));
    });
}

/** As a person would run it; its exit status is ours. */
async function runVitest(args: readonly string[], { cwd, env, signal }: CliContext): Promise<number> {
  const {
    exitCode,
    signal: name,
    cause,
  } = await execa(process.execPath, [vitestOf(cwd), 'run', ...args], {
    cwd,
    env,
    extendEnv: false,
    stdio: 'inherit',
    reject: false,
    // A terminal tells the whole group; a signal to this process alone means it as well. Vitest takes both for one.
    cancelSignal: signal,
    forceKillAfterDelay: false,
  });
  if (exitCode !== undefined) return exitCode;
  if (name === undefined) throw new Error('vitest failed to start', { cause });
  return 128 + constants.signals[name];
}

/** The project's own: it is the one that its vitest.config.ts is written for. */
function vitestOf(cwd: string): string {
  const from = (base: string): string => createRequire(base).resolve('vitest/package.json');
  try {
    return join(dirname(from(join(cwd, 'package.json'))), 'vitest.mjs');
  } catch {
    return join(dirname(from(import.meta.url)), 'vitest.mjs');
  }
}
