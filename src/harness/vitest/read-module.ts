import type { TestCase, TestModule, TestSuite } from 'vitest/node';
import type { FileError, TestReport, TestState } from '../judge/run-report.ts';
import { NO_NETWORK } from './no-network.ts';
import { testError } from './read-error.ts';
import { reportedFile } from './suite-files.ts';

/** Vitest's note on tests that were pending when the run was cancelled. */
const ABORTED = 'The test run was aborted';

/** All tests of a file. @param stopped the run was cut short, so that a skip without a reason is no suite's own wish */
export function testsOf(module: TestModule, stopped: boolean): TestReport[] {
  return [...module.children.allTests()].map((test) => testReport(test, stopped));
}

export function testReport(test: TestCase, stopped: boolean): TestReport {
  const result = test.result();
  const state = stateOf(test, stopped);
  const { direction, words = [] } = test.meta();
  const reason = result.state === 'skipped' && state === 'skipped' ? (result.note ?? reasonOf(test)) : undefined;
  return {
    file: fileOf(test.module),
    name: test.fullName,
    state,
    tookMs: Math.round(test.diagnostic()?.duration ?? 0),
    ...(reason === undefined ? {} : { reason }),
    ...(direction === undefined ? {} : { direction }),
    errors: state === 'failed' ? (result.errors ?? []).map(testError) : [],
    ...(test.diagnostic()?.flaky ? { retried: true } : {}),
    words,
  };
}

/** Errors of the file as a whole and of its describe blocks (hooks); that there is no network is the cell's affair. */
export function fileErrorOf(module: TestModule): FileError | undefined {
  const errors = [module, ...module.children.allSuites()]
    .flatMap((suite) => suite.errors())
    .filter((error) => error.name !== NO_NETWORK);
  if (errors.length === 0) return undefined;
  return { file: fileOf(module), errors: errors.map(testError) };
}

function fileOf({ moduleId, project }: TestModule): string {
  return reportedFile(moduleId, project.config.root);
}

function stateOf(test: TestCase, stopped: boolean): TestState {
  const result = test.result();
  if (result.state === 'pending') return 'not-run';
  if (result.state !== 'skipped') return result.state;
  if (test.options.mode === 'skip' || test.options.mode === 'todo') return 'skipped';
  if (result.note?.startsWith(ABORTED)) return 'not-run';
  return result.note === undefined && (stopped || isBroken(test.parent)) ? 'not-run' : 'skipped';
}

/** A hook before the test failed, so the test was never tried. */
function isBroken(parent: TestSuite | TestModule): boolean {
  return parent.errors().length > 0 || (parent.type === 'suite' && isBroken(parent.parent));
}

function reasonOf(test: TestCase): string | undefined {
  return test.options.mode === 'todo' ? 'todo' : undefined;
}
