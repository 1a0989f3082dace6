import { stripVTControlCharacters } from 'node:util';
import { XMLBuilder } from 'fast-xml-parser';
import { type Outcome, cellCount } from '../judge/outcome.ts';
import type { CellReport, FileError, RunReport, TestError, TestReport } from '../judge/run-report.ts';
import type { Problem } from '../plan/steps.ts';
import type { ReleaseReport } from '../releases/artefacts.ts';
import { directionWords } from './terminal.ts';

/** An XML element as the builder takes it: `@name` is an attribute, `#text` the content. */
type Element = Readonly<Record<string, unknown>>;

interface Case {
  readonly element: Element;
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped';
  readonly tookMs: number;
}

/**
 * JUnit XML: a suite per cell, a testcase per test. What fails and says nothing about the releases (a blocked cell, a failed teardown) is
 * an `<error>`. A test that never ran is `<skipped>`: its cause is counted once, as on the terminal. Pure.
 */
export function junitXml(report: RunReport): string {
  const suites = report.cells.map((cell) => suiteOf(cell, report));
  const ofRun = report.problems.map((problem) => problemCase('run', problem));
  if (ofRun.length > 0)
    suites.push({ name: 'run', cases: ofRun, properties: [], timestamp: timestampOf(report.startedAt) });
  const all = suites.flatMap((suite) => suite.cases);
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    format: true,
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
  });
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: { '@name': 'corda-compat', ...counts(all), testsuite: suites.map(suiteElement) },
  });
}

interface Suite {
  readonly name: string;
  readonly timestamp: string;
  readonly properties: readonly (readonly [string, string])[];
  readonly cases: readonly Case[];
  /** Properties of the suite as a whole. */
  readonly said?: readonly string[];
}

function suiteOf(cell: CellReport, report: RunReport): Suite {
  const cases = [
    ...cellCase(cell),
    ...cell.fileErrors.map((broken) => fileCase(cell, broken)),
    ...cell.tests.map((test) => testCase(cell, test)),
    ...cell.problems.map((problem) => problemCase(cell.name, problem)),
  ];
  const said = [...(cell.warnings ?? []).map((warning) => `warning: ${warning}`), ...(cell.replay?.story ?? [])];
  const timestamp = timestampOf(cell.steps?.[0]?.startedAt ?? report.startedAt);
  return { name: cell.name, timestamp, properties: propertiesOf(cell, report), cases, said };
}

function suiteElement({ name, timestamp, properties, cases, said = [] }: Suite): Element {
  return {
    '@name': xmlText(name),
    '@timestamp': timestamp,
    ...counts(cases),
    '@skipped': cases.filter(({ kind }) => kind === 'skipped').length,
    ...(properties.length > 0
      ? { properties: { property: properties.map(([key, value]) => ({ '@name': key, '@value': oneLine(value) })) } }
      : {}),
    testcase: cases.map((one) => one.element),
    ...(said.length > 0 ? { 'system-out': xmlText(said.join('\n')) } : {}),
  };
}

const ABOUT_RELEASES: readonly Outcome[] = ['incompatible', 'flaky', 'fixed'];

/** The cell itself as a testcase, if none of its tests shows that it failed or was left out. */
function cellCase(cell: CellReport): Case[] {
  const named = { '@classname': classOf(cell.name), '@name': `${cell.name}: ${cell.outcome}`, '@time': '0.000' };
  if (cell.outcome === 'skipped' || (cell.outcome === 'known' && cell.failure)) {
    return [{ element: { ...named, skipped: { '@message': oneLine(cell.because) } }, kind: 'skipped', tookMs: 0 }];
  }
  if (cellCount(cell) === 0) return [];
  const text = [cell.because, ...(cell.failure?.words ?? []).map((word) => `node: ${word}`)];
  // An outcome about the releases is a failure. Any other outcome is an error: there is no verdict.
  const kind = ABOUT_RELEASES.includes(cell.outcome) ? 'failure' : 'error';
  const body = { '@message': oneLine(cell.because), '@type': cell.outcome, '#text': xmlText(unique(text).join('\n')) };
  return [{ element: { ...named, [kind]: body }, kind, tookMs: 0 }];
}

function fileCase(cell: CellReport, { file, errors }: FileError): Case {
  const { kind, body } = failedBody(cell, { errors, text: failureText({ errors, words: [] }) });
  const named = { '@classname': classOf(cell.name, file), '@name': oneLine(`${cell.name}: ${file}`) };
  return { element: { ...named, '@time': '0.000', ...body }, kind, tookMs: 0 };
}

function testCase(cell: CellReport, test: TestReport): Case {
  const { kind, body } = resultOf(cell, test);
  const element = {
    '@classname': classOf(cell.name, test.file),
    '@name': oneLine(`${cell.name}: ${test.name}${directionWords(test)}`),
    '@time': inSeconds(test.tookMs),
    ...body,
  };
  return { element, kind, tookMs: test.tookMs };
}

function resultOf(cell: CellReport, test: TestReport): { kind: Case['kind']; body: Element } {
  switch (test.state) {
    case 'passed':
      return { kind: 'passed', body: {} };
    case 'skipped':
      return { kind: 'skipped', body: { skipped: { '@message': oneLine(test.reason ?? 'skipped') } } };
    case 'not-run':
      return { kind: 'skipped', body: { skipped: { '@message': oneLine(`never ran: ${cell.because}`) } } };
    case 'failed': {
      const text = [failureText(test), ...storyOf(cell, test)].join('\n');
      return failedBody(cell, { errors: test.errors, text });
    }
  }
}

/** A failure about the releases is a `<failure>`, any other one an `<error>`: there is no verdict. A declared one is skipped. */
function failedBody(
  cell: CellReport,
  { errors, ...told }: { readonly errors: readonly TestError[]; readonly text: string },
): { kind: Case['kind']; body: Element } {
  const [error] = errors;
  const text = xmlText(told.text);
  if (cell.outcome === 'known') {
    return { kind: 'skipped', body: { skipped: { '@message': oneLine(cell.because) }, 'system-out': text } };
  }
  const kind = error?.about === 'releases' ? 'failure' : 'error';
  const type = kind === 'error' || cell.outcome === 'flaky' ? { '@type': cell.outcome } : {};
  const first = oneLine(error?.message.split('\n')[0] ?? 'failed');
  return { kind, body: { [kind]: { '@message': first, ...type, '#text': text } } };
}

/** Stands once, at the first failure. */
function storyOf({ tests, replay }: CellReport, test: TestReport): readonly string[] {
  const first = tests.find(({ state }) => state === 'failed');
  return replay && first === test ? ['replayed:', ...replay.story] : [];
}

function failureText(test: Pick<TestReport, 'errors' | 'words'>): string {
  const errors = test.errors.map((error) => error.stack ?? error.message);
  return [...errors, ...test.words.map((word) => `node: ${word}`)].join('\n');
}

function problemCase(owner: string, problem: Problem): Case {
  const element = {
    '@classname': classOf(owner),
    '@name': `${owner}: ${problem.step}`,
    '@time': '0.000',
    error: { '@message': oneLine(problem.message), '@type': problem.step, '#text': xmlText(problem.message) },
  };
  return { element, kind: 'error', tookMs: 0 };
}

function propertiesOf(cell: CellReport, report: RunReport): (readonly [string, string])[] {
  return [
    ['outcome', cell.outcome],
    ['because', cell.because],
    ['provider', cell.provider],
    ['seed', String(cell.seed)],
    ['run', report.id],
    ...releaseProperties('left', cell.left),
    ...releaseProperties('right', cell.right),
    ...(cell.releases ?? []).flatMap((each) => releaseProperties(each.release, each)),
    ...cell.timings.map(({ phase, tookMs }) => [`seconds.${phase}`, inSeconds(tookMs)] as const),
    ...(cell.evidence === undefined ? [] : [['evidence', cell.evidence] as const]),
  ];
}

/** @param name `left`, `right`, or in a mixed cell the release's id */
function releaseProperties(name: string, report?: ReleaseReport): (readonly [string, string])[] {
  if (!report) return [];
  const { release, version, origin, commit, sha256, java, cordapps } = report;
  const known = Object.entries({ release, version, origin, commit, sha256, java }).flatMap(([key, value]) =>
    value === undefined ? [] : [[`${name}.${key}`, value] as const],
  );
  return [
    ...known,
    ...cordapps.map((one) => [`${name}.cordapp`, `${one.name} sha256:${one.sha256} ${one.origin}`] as const),
  ];
}

function counts(cases: readonly Case[]): Element {
  const of = (kind: Case['kind']): number => cases.filter((one) => one.kind === kind).length;
  return {
    '@tests': cases.length,
    '@failures': of('failure'),
    '@errors': of('error'),
    '@time': inSeconds(cases.reduce((total, one) => total + one.tookMs, 0)),
  };
}

/** Readers take what stands before the last dot for a package: the cell is one, each of its files a class. */
function classOf(cell: string, file?: string): string {
  const name = (text: string): string => xmlText(text).replaceAll('.', '_');
  return file === undefined ? name(cell) : `${name(cell)}.${name(file.replace(/[.](test|spec)[.]\w+$/, ''))}`;
}

/** Without a zone, as the schemas have it: in UTC. */
function timestampOf(iso: string): string {
  return iso.slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}

/** XML parsers turn line ends in attributes into spaces. This does so beforehand. */
function oneLine(text: string): string {
  return xmlText(text).replace(/\s*\n\s*/g, ' ');
}

/** Terminal colours go; characters that XML 1.0 cannot hold become visible: `\u0007`. */
export function xmlText(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
