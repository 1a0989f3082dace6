import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError } from 'vitest/node';
import type { TestError } from '../judge/run-report.ts';
import { causesOf, markOf, REPORT, type Mark } from '../support/about.ts';
import { isSource } from '../support/own-files.ts';

/** This program's own code; its suites too, where they come with the package. */
const OWN_FOLDERS = ['src/', 'fixtures/', ...(isSource(import.meta.url) ? [] : ['suites/'])].map((folder) =>
  fileURLToPath(new URL(`../../../${folder}`, import.meta.url)),
);

/** Vitest has given up waiting for a test or a hook, whose work goes on. */
const GIVEN_UP = /^(?:Test|Hook) timed out in \d+ms|^The \w+ phase of ".*" hook timed out/;
/** Codes of the system: a full or broken disk, too many open files, no memory. */
const OF_MACHINE: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'];

/** Message with its causes and the difference, if any, then where it happened, and whom it is about. */
export function testError(error: SerializedError): TestError {
  const mark = markOf(error) ?? markFor(error);
  const diff = typeof error.diff === 'string' ? `\n${stripVTControlCharacters(error.diff)}` : '';
  const message = withCauses(error) + diff + (mark.isBug ? `\n${REPORT}` : '');
  const place = error.stacks?.[0];
  const at = place ? `\n    at ${place.file}:${place.line}:${place.column}` : '';
  return { ...mark, message, stack: `${error.name ?? 'Error'}: ${message}${at}` };
}

/** Of an error that nobody marked. An assertion of a suite is about what the network gave it, so about the releases. */
function markFor(error: SerializedError): Mark {
  if (GIVEN_UP.test(error.message)) return { about: 'harness', goesOn: true };
  const causes = causesOf(error);
  if (causes.some((cause) => 'code' in cause && OF_MACHINE.includes(cause.code))) return { about: 'harness' };
  if (causes.some(isAssertion)) return { about: 'releases' };
  const file = error.stacks?.[0]?.file ?? '';
  return OWN_FOLDERS.some((own) => file.startsWith(own)) ? { about: 'harness', isBug: true } : { about: 'suite' };
}

/** Of `expect`, of a snapshot, or of `node:assert`. */
function isAssertion(error: object): boolean {
  return ('name' in error && error.name === 'AssertionError') || ('actual' in error && 'expected' in error);
}

function withCauses({ message, cause }: { message: string; cause?: unknown }, depth = 0): string {
  if (cause === undefined || cause === null || depth >= 5) return message;
  const reason = hasMessage(cause) ? withCauses(cause, depth + 1) : JSON.stringify(cause);
  return message.includes(reason) ? message : `${message}\ncaused by: ${reason}`;
}

function hasMessage(value: unknown): value is { message: string; cause?: unknown } {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string';
}
