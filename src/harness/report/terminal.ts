import { stripVTControlCharacters } from 'node:util';
import { stepWords } from '../support/step-error.ts';
import { failedCount } from '../judge/outcome.ts';
import type { CellReport, RunReport, TestReport } from '../judge/run-report.ts';
import { seconds } from '../support/words.ts';

/** Lines for people. All functions are pure; callers print the lines. */

/** `  12.3 s  4.8+4.10  text`. */
export function progressLine(elapsedMs: number, text: string, cell?: string): string {
  return `${seconds(elapsedMs, 1).padStart(8)}  ${cell === undefined ? '' : `${cell}  `}${text}`;
}

const MARKS = { passed: 'ok', failed: 'FAILED', skipped: 'skipped', 'not-run': 'never ran' } as const;

/** A test's result; a failure is followed by its full messages and the nodes' log lines. */
export function testLines(cell: string, test: TestReport): string[] {
  const reason = test.reason === undefined ? '' : `: ${test.reason}`;
  const head = `${MARKS[test.state]}  ${test.file} > ${test.name}${directionWords(test)} (${seconds(test.tookMs, 1)})${reason}`;
  return [`${' '.repeat(10)}${cell}  ${head}`, ...failureLines(test)];
}

/** The direction, if the test's name does not contain it. */
export function directionWords({ name, direction }: TestReport): string {
  if (!direction || (name.includes(direction.from) && name.includes(direction.to))) return '';
  return ` [${direction.from} -> ${direction.to}]`;
}

function failureLines(test: TestReport): string[] {
  const errors = test.errors.flatMap((error) => stripVTControlCharacters(error.message).split('\n'));
  const words = test.words.map((word) => `the node says: ${stripVTControlCharacters(word)}`);
  return [...errors, ...words].map((line) => `${' '.repeat(14)}${line}`);
}

/** The table, pair by pair, then the lines that are too long for it: seconds by step, and every reason. */
export function summaryLines(report: RunReport): string[] {
  return [
    ...textTable(['cell', 'outcome', 'passed', 'failed', 'skipped', 'seconds', 'evidence'], report.cells.map(rowOf)),
    '',
    ...report.cells.flatMap(directionLines),
    ...report.cells.flatMap(timeLines),
    ...report.cells.flatMap((cell) => [...reasonLines(cell), ...storyLines(cell)]),
    ...report.problems.map((problem) => `run: ${stepWords(problem)} FAILED: ${problem.message}`),
    ...(report.interrupted === undefined ? [] : [`stopped by ${report.interrupted}`]),
  ];
}

/** `N passed, N failed[, N skipped]`: the last thing on the terminal. */
export function closingLine(report: Pick<RunReport, 'totals'>): string {
  const { passed, failed, skipped } = report.totals;
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function rowOf(cell: CellReport): string[] {
  const count = (state: TestReport['state']): string =>
    String(cell.tests.filter((test) => test.state === state).length);
  const counts = [count('passed'), String(failedCount(cell)), count('skipped')];
  const total = cell.timings.reduce((sum, { tookMs }) => sum + tookMs, 0);
  return [cell.name, cell.outcome, ...counts, inSeconds(total), cell.evidence ?? '-'];
}

/** `4.8+4.10: seconds by step: start 19.2, suites 40.1`: steps that took less than 50 ms together are left out. */
function timeLines({ name, timings }: CellReport): string[] {
  const shown = timings.filter(({ tookMs }) => tookMs >= 50);
  if (shown.length === 0) return [];
  return [`${name}: seconds by step: ${shown.map(({ phase, tookMs }) => `${phase} ${inSeconds(tookMs)}`).join(', ')}`];
}

function reasonLines(cell: CellReport): string[] {
  const warnings = (cell.warnings ?? []).map(
    (warning) => `${cell.name}: warning: ${stripVTControlCharacters(warning)}`,
  );
  const failed = cell.problems.map((problem) => `${cell.name}: ${stepWords(problem)} FAILED: ${problem.message}`);
  const problems = [...warnings, ...failed];
  if (cell.outcome === 'compatible') return problems;
  const words = (cell.failure?.words ?? []).map((word) => `    the node says: ${stripVTControlCharacters(word)}`);
  // A message names its cell. The line does so already.
  const because = stripVTControlCharacters(cell.because).replaceAll(`${cell.name}: `, '');
  const names = (cell.failures ?? []).map((name) => `    fails: ${stripVTControlCharacters(name)}`);
  return [`${cell.name}: ${cell.outcome}: ${because}`, ...names, ...words, ...problems];
}

/** The story of the replay. */
function storyLines({ name, replay }: CellReport): string[] {
  const [first, ...more] = (replay?.story ?? []).map(stripVTControlCharacters);
  if (first === undefined) return [];
  return [`${name}: replayed: ${first}`, ...more.map((line) => `    ${line}`)];
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

/** A table of plain text: columns as wide as their widest value, two spaces between, nothing at the line's end. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((value, column) => value.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

const WORDS = { passed: 'ok', failed: 'FAILED', skipped: 'skipped', 'not-run': '?' } as const;

/** How many directions are fine, then releases × releases, payers down, payees across; nothing for a pair. */
export function directionLines({ name, directions }: CellReport): string[] {
  if (!directions || directions.length === 0) return [];
  const ids = [...new Set(directions.map(({ from }) => from))];
  const passed = directions.filter(({ state }) => state === 'passed').length;
  const row = (from: string): string[] => [
    from,
    ...ids.map((to) => {
      const found = directions.find((each) => each.from === from && each.to === to);
      return found ? WORDS[found.state] : '-';
    }),
  ];
  return [
    `${name}: ${passed} of ${directions.length} directions passed (rows pay columns; ?: has no result)`,
    ...textTable(['', ...ids], ids.map(row)),
    '',
  ];
}
