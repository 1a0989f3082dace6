import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
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
  const child = spawn(process.execPath, [vitestOf(cwd), 'run', ...args], { cwd, env, stdio: 'inherit' });
  // A terminal tells the whole group; whoever signals us alone means it as well. Vitest takes both for one.
  const pass = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, name) => resolve(code ?? 128 + (name === null ? 0 : constants.signals[name])));
    });
  } finally {
    signal.removeEventListener('abort', pass);
  }
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
