import type { Reporter } from 'vitest/node';
import type { Session } from './session.ts';

/** Hands what vitest tells to the session, which prints and reports. */
export function createReporter(session: Session): Reporter {
  return {
    onTestRunStart: (specifications) => session.started(specifications),
    onTestCaseReady: (test) => session.testBegan(test),
    onTestCaseResult: (test) => session.testEnded(test),
    onTestModuleEnd: (module) => session.moduleEnded(module),
    onUserConsoleLog: (log) => session.said(log.content),
    onTestRunEnd: (modules, errors, reason) => session.ended(modules, errors, reason),
  };
}
