import type { Environment } from '../harness/config/variables.ts';

/** The surroundings of a command. */
export interface CliContext {
  readonly cwd: string;
  readonly env: Environment;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a result: one or more lines, to standard output. */
  readonly print: (text: string) => void;
  /** Prints progress and errors, to standard error. */
  readonly note: (text: string) => void;
}

/**
 * 0: done, or all well; 1: failed, or the answer is no; 2: wrong arguments. A command that runs a program ends with
 * its status.
 */
export type ExitCode = number;

/** Each command file gets this beside the program. */
export interface CommandParts {
  readonly context: CliContext;
  /** The command calls it once, with its exit code. */
  readonly finish: (code: ExitCode) => void;
}
