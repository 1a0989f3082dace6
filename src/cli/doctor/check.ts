import { StepError } from '../../harness/support/step-error.ts';

/** The doctor's answer about one thing that a run needs. */
export interface Check {
  readonly name: string;
  /** `ok`; `warning`: a run works without it, or tries to mend it itself; `missing`: a run would fail. */
  readonly state: 'ok' | 'warning' | 'missing';
  /** The state of the thing, for people. */
  readonly found: string;
  /** The other ways, each with the reason why it failed. */
  readonly tried?: readonly string[];
  /** The command or the step that mends it. */
  readonly mend?: string;
}

export const MEND_ABOVE = 'correct the faults above, then run the doctor again';

/** A check that a step's failure ends, in its words. @throws any other error */
export function failed(name: string, error: unknown, mend: string = MEND_ABOVE): Check {
  if (!(error instanceof StepError)) throw error;
  return { name, state: 'missing', found: error.message, mend };
}

/** One line a check, then the ways tried and the remedy. */
export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap((check) => checkLines(check, width)).join('\n');
}

function checkLines({ name, state, found, tried = [], mend }: Check, width: number): string[] {
  const indent = ' '.repeat('missing'.length + width + 4);
  const [first = '', ...rest] = found.split('\n');
  return [
    `${state.padEnd('missing'.length)}  ${name.padEnd(width)}  ${first}`,
    ...rest.map((line) => `${indent}${line}`),
    ...tried.map((line) => `${indent}- ${line}`),
    ...(mend === undefined ? [] : [`${indent}mend: ${mend}`]),
  ];
}
