/** Whom a failure is about. Only failures about the releases decide a verdict. */
export const ABOUT = ['releases', 'harness', 'suite'] as const;
export type About = (typeof ABOUT)[number];

/** A failure about the releases, as reports, replays and declarations in the matrix name it. */
export interface NamedFailure {
  /** `4.10 pays 3.3-corda without an ok` */
  readonly name: string;
  readonly message: string;
}

/** What an error knows of itself, set where it arises. Vitest keeps own properties of errors on their way to the main process. */
export interface Mark {
  readonly about: About;
  /** Its work may go on behind the tests that follow, so that their failures prove nothing. */
  readonly goesOn?: true;
  /** The harness is wrong, and not only the machine under it. */
  readonly isBug?: true;
  readonly failures?: readonly NamedFailure[];
}

/** Ends the message of each bug of the harness. */
export const REPORT = 'Report this bug of the harness, with the evidence of the cell.';

const KEY = 'compat';

/** Not enumerable: a mark is in no print and in no comparison of the error. */
export function marked<E extends Error>(error: E, mark: Mark): E {
  return Object.defineProperty(error, KEY, { value: mark, configurable: true });
}

/** For `catch`: marks an error that has no mark, and throws it on. */
export function throwMarked(mark: Mark): (error: unknown) => never {
  return (error) => {
    throw error instanceof Error && !markOf(error) ? marked(error, mark) : error;
  };
}

/** The outermost mark of an error or of one of its causes; also of errors that vitest has serialised. */
export function markOf(error: unknown): Mark | undefined {
  return causesOf(error).flatMap(ownMark)[0];
}

/** An error and its causes, outermost first. */
export function causesOf(error: unknown, most = 10): readonly object[] {
  if (typeof error !== 'object' || error === null || most === 0) return [];
  return [error, ...('cause' in error ? causesOf(error.cause, most - 1) : [])];
}

function ownMark(error: object): readonly Mark[] {
  const mark = (error as { [KEY]?: Partial<Mark> | null })[KEY];
  return mark && ABOUT.some((about) => about === mark.about) ? [mark as Mark] : [];
}
