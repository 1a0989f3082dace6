import type { Environment } from '../harness/config/variables.ts';

/** What a command has of the world around it. */
export interface CliContext {
  readonly cwd: string;
  readonly env: Environment;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a result: one or more lines, to standard output. */
  readonly print: (text: string) => void;
  /** Prints what is on its way or wrong, to standard error. */
  readonly note: (text: string) => void;
}

/**
 * 0: done, or all well; 1: what was asked for is not so, or failed; 2: asked in a way that is not understood. Another where a
 * program was run whose status it is.
 */
export type ExitCode = number;

/** What every command file is given beside the program. */
export interface CommandParts {
  readonly context: CliContext;
  /** Called once, with how it went. */
  readonly finish: (code: ExitCode) => void;
}
