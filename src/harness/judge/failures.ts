import type { NamedFailure } from '../support/about.ts';
import { stepWords } from '../support/step-error.ts';
import type { CellFacts, TestError, TestReport } from './run-report.ts';

/** A test that failed, or a file as a whole: it could not be loaded, or a hook of it failed. */
export interface Failure {
  /** `suites/pay.test.ts > pays` */
  readonly place: string;
  /** Absent for a file as a whole. */
  readonly test?: TestReport;
  /** The first one: others may follow from it. */
  readonly error: TestError;
}

/** The failures of a cell, in the order in which its files ran. */
export interface Failures {
  /** The releases are to blame. */
  readonly found: readonly Failure[];
  /** The harness, the machine or a suite is to blame. */
  readonly others: readonly Failure[];
  /** They may follow from work that went on after its test had failed. */
  readonly unsound: readonly Failure[];
}

export function failuresOf(cell: Pick<CellFacts, 'tests' | 'fileErrors'>): Failures {
  const all = inOrder(cell);
  const goesOn = all.findIndex(({ error }) => error.goesOn);
  const sound = all.slice(0, goesOn < 0 ? all.length : goesOn + 1);
  return {
    found: sound.filter(isAboutReleases),
    others: all.filter((failure) => !isAboutReleases(failure)),
    unsound: all.slice(sound.length).filter(isAboutReleases),
  };
}

/** The failures about the releases by their names, each once. */
export function namesOf(found: readonly Failure[]): readonly NamedFailure[] {
  return found.flatMap(({ place, error }) => error.failures ?? [{ name: place, message: error.message }]);
}

/** A step at which nodes refuse each other. */
export function namedStep(failure: NonNullable<CellFacts['failure']>): NamedFailure {
  const { step, message, words = [] } = failure;
  return { name: `step ${step}`, message: [stepWords(failure), message, ...words].join('\n') };
}

function inOrder({ tests, fileErrors }: Pick<CellFacts, 'tests' | 'fileErrors'>): readonly Failure[] {
  const files = [...new Set([...fileErrors, ...tests].map(({ file }) => file))];
  // A file's tests are in the order in which files ran; a file without any was not loaded, and nothing of it goes on.
  const place = (file: string): number => tests.findIndex((test) => test.file === file);
  return files
    .toSorted((one, other) => place(one) - place(other))
    .flatMap((file) => [
      ...fileErrors.filter((broken) => broken.file === file).flatMap(ofFile),
      ...tests.filter((test) => test.file === file && test.state === 'failed').map(ofTest),
    ]);
}

function ofFile({ file, errors: [error] }: CellFacts['fileErrors'][number]): Failure[] {
  return error ? [{ place: `${file} (the whole file)`, error }] : [];
}

function ofTest(test: TestReport): Failure {
  const [error = { about: 'suite', message: 'it failed without an error' }] = test.errors;
  return { place: `${test.file} > ${test.name}`, test, error };
}

function isAboutReleases({ error }: Failure): boolean {
  return error.about === 'releases';
}
