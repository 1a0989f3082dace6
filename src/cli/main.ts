import { setMaxListeners } from 'node:events';
import { Command, CommanderError } from 'commander';
import { MatrixError } from '../harness/config/problems.ts';
import { StepError } from '../harness/support/step-error.ts';
import { ownManifest } from '../harness/support/own-files.ts';
import type { CliContext, ExitCode } from './context.ts';
import { addBuildCommand } from './build-command.ts';
import { addConfigCommand, addHealthCommand, addDownCommand, addTestCommand, addUpCommand } from './by-hand.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addInspectCommand } from './inspect-command.ts';
import { addPlanCommand } from './plan-command.ts';
import { addRecheckCommand } from './recheck-command.ts';
import { addSchemaCommand } from './schema-command.ts';
import { addSweepCommand } from './sweep-command.ts';

/** Runs `corda-compat` with these arguments (without `node` and the script) and resolves with its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  // All images that are built at the same time listen to it.
  setMaxListeners(0, interrupted.signal);
  const onSignal = (signal: NodeJS.Signals): void => interrupted.abort(new Error(`interrupted by ${signal}`));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await run(args, {
      cwd: process.cwd(),
      env: process.env,
      signal: interrupted.signal,
      print: (text) => process.stdout.write(`${text}\n`),
      note: (text) => process.stderr.write(`${text}\n`),
    });
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function run(args: readonly string[], context: CliContext): Promise<number> {
  let code: ExitCode = 0;
  const program = await createProgram((result) => (code = result), context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return failure(error, context);
  }
}

/** A command reports its exit code through `finish`; commander has no way to return one. */
async function createProgram(finish: (code: ExitCode) => void, context: CliContext): Promise<Command> {
  const program = new Command('corda-compat')
    .description(
      'Do nodes of two releases of Corda work with each other? (The matrix itself runs with: npx vitest run)',
    )
    .version((await ownManifest()).version)
    .showHelpAfterError('(corda-compat --help lists commands and options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.print(text.trimEnd()),
      writeErr: (text) => context.note(text.trimEnd()),
    });
  const ofRuns = [addPlanCommand, addDoctorCommand, addBuildCommand];
  const byHand = [addConfigCommand, addDownCommand, addHealthCommand];
  const others = [
    addInspectCommand,
    addRecheckCommand,
    addSchemaCommand,
    addSweepCommand,
    addTestCommand,
    addUpCommand,
  ];
  for (const add of [...ofRuns, ...byHand, ...others]) add(program, { context, finish });
  return program;
}

/** Commander has printed its own errors already. */
function failure(error: unknown, { note, signal }: CliContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (signal.aborted) {
    note(String(signal.reason instanceof Error ? signal.reason.message : signal.reason));
    return 130;
  }
  if (error instanceof MatrixError || error instanceof StepError) {
    note(error.message);
    return 1;
  }
  note(`This is a bug in corda-compat: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}
