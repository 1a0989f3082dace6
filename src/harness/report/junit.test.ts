import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import type { CellFacts, RunFacts } from '../judge/run-report.ts';
import { buildReport } from './build-report.ts';
import { cellOf, replayOf, runOf, testOf } from '../testing/report-facts.ts';
import { junitXml, xmlText } from './junit.ts';

const FULL = runOf(
  [
    cellOf({
      left: {
        release: '4.8',
        version: '4.8',
        origin: 'net.corda:corda:4.8',
        sha256: 'aa',
        java: '1.8.0_504 (Debian)',
        cordapps: [{ name: 'cash.jar', sha256: 'cc', origin: 'net.corda:corda-finance-contracts:4.8' }],
      },
      tests: [
        testOf('passed', { direction: { from: '4.8', to: '4.10' } }),
        testOf('failed', {
          name: 'pays > back',
          errors: [
            {
              about: 'releases',
              message: 'no coin\nlast: <none>',
              stack: 'Error: no coin\nlast: <none>\n    at pay.ts:1:2',
            },
          ],
          words: ['4.10 logged: "corrupt" & lost'],
        }),
        testOf('skipped', { file: 'suites/faults.test.ts', name: 'cuts', reason: 'no faults here', tookMs: 0 }),
      ],
      timings: [{ phase: 'start', tookMs: 19_250 }],
      warnings: ['a.jar is signed with another key: nodes take it.'],
      evidence: '4.8+4.10/',
    }),
    cellOf({
      name: '4.5+4.8',
      tests: [testOf('not-run', { tookMs: 0 })],
      failure: { outcome: 'blocked', step: 'start', message: 'no memory', words: ['oom'] },
      problems: [{ step: 'destroy', message: 'stuck' }],
    }),
  ],
  { problems: [{ step: 'suites', message: 'uncaught error: stray' }] },
);

test('JUnit of a run in which everything happens', async () => {
  const xml = junitXml(buildReport(FULL));
  expect(XMLValidator.validate(xml)).toBe(true);
  await expect(xml).toMatchFileSnapshot('junit.golden.xml');
});

/** What the strictest reader, Jenkins' xUnit, takes: element by element, its attributes and children. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  testsuites: ['@name', '@time', '@tests', '@failures', '@errors', 'testsuite'],
  testsuite: [
    ...['@name', '@tests', '@failures', '@errors', '@time', '@skipped', '@timestamp'],
    ...['properties', 'testcase', 'system-out'],
  ],
  properties: ['property'],
  property: ['@name', '@value'],
  testcase: ['@name', '@time', '@classname', 'skipped', 'error', 'failure', 'system-out'],
  failure: ['@type', '@message', '#text'],
  error: ['@type', '@message', '#text'],
  skipped: ['@type', '@message', '#text'],
  'system-out': ['#text'],
};
type Parsed = Record<string, unknown>;

test('readers take each element, attribute and class of it', () => {
  const xml = junitXml(buildReport(FULL));
  const parsed = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@' }).parse(xml) as Parsed;
  const classes: string[] = [];
  const visit = (name: string, value: unknown): void => {
    if (Array.isArray(value)) return value.forEach((each) => visit(name, each));
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      expect(TAKEN[name], `${key} in ${name}`).toContain(key);
      if (key === '@classname') classes.push(String(child));
      if (key === '@timestamp') expect(child).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
      if (!key.startsWith('@') && key !== '#text') visit(key, child);
    }
  };
  visit('testsuites', parsed['testsuites']);
  expect(new Set(classes)).toEqual(
    new Set(['4_8+4_10.suites/pay', '4_8+4_10.suites/faults', '4_5+4_8', '4_5+4_8.suites/pay', 'run']),
  );
});

test('each cell has the time at which it began', () => {
  const step = { number: '1', name: 'mint the zone', phase: 'zone', tookMs: 1, waits: [] } as const;
  const steps = [{ ...step, startedAt: '2026-11-23T10:00:30.500Z' }];
  const xml = junitXml(buildReport(runOf([cellOf({ steps }), cellOf({ name: '4.5+4.8' })])));
  expect([...xml.matchAll(/timestamp="([^"]+)"/g)].map(([, time]) => time)).toEqual([
    '2026-11-23T10:00:30',
    '2026-11-23T10:00:00',
  ]);
});

test('a declared failure is skipped with its reason and its message', () => {
  const known = { reason: 'telemetry', until: '2026-12-31', failures: [{ name: 'suites/pay.test.ts > pays' }] };
  const xml = junitXml(buildReport(runOf([cellOf({ known, tests: [testOf('failed')] })])));
  expect(xml).toMatch(/failures="0" errors="0" time="[\d.]+" skipped="1"/);
  expect(xml).toContain('<skipped message="declared until 2026-12-31: telemetry');
  expect(xml).toContain('<system-out>no coin arrived</system-out>');
});

test('every character of a message survives or becomes visible', () => {
  const message =
    'bell \u0007, colour \u001b[31mred\u001b[39m, lone \ud800 and \udc00, pair 😀, end ]]> & <x a="b">\ufffe';
  const xml = junitXml(
    buildReport(runOf([cellOf({ tests: [testOf('failed', { errors: [{ about: 'releases', message }] })] })])),
  );
  expect(XMLValidator.validate(xml)).toBe(true);
  const parsed = new XMLParser({ ignoreAttributes: false }).parse(xml) as {
    testsuites: { testsuite: { testcase: { failure: { '#text': string } } } };
  };
  expect(parsed.testsuites.testsuite.testcase.failure['#text']).toBe(
    'bell \\u0007, colour red, lone \\ud800 and \\udc00, pair 😀, end ]]> & <x a="b">\\ufffe',
  );
});

test('text keeps tabs and line ends', () => {
  expect(xmlText('a\tb\nc')).toBe('a\tb\nc');
});

test('a flaky cell is a failure of that type, and its story is told with the first failed test and with the suite', () => {
  const tests = [testOf('failed', { name: 'pays' }), testOf('failed', { name: 'pays back' })];
  const xml = junitXml(buildReport(runOf([cellOf({ tests, replay: replayOf() })])));
  expect(xml).toContain('<property name="outcome" value="flaky"/>');
  expect(xml.match(/<failure message="no coin arrived" type="flaky">/g)).toHaveLength(2);
  const [first, second = ''] = xml.split('name="4.8+4.10: pays back"');
  expect(first).toContain(
    'replayed:\n4.8 (party-a) pays 4.10 (party-b) 1.00 USD: it failed; seen once\nseed 1; 2 tries',
  );
  expect(second.match(/seen once/g)).toHaveLength(1);
  expect(second).toMatch(/<system-out>4\.8 \(party-a\) pays .*\nseed 1; 2 tries<\/system-out>\s*<\/testsuite>/);
});

const broken = { file: 'suites/vault.test.ts', errors: [{ about: 'suite', message: 'cannot be loaded' } as const] };
const ofHarness = testOf('failed', { errors: [{ about: 'harness', message: 'the driver is gone' }] });
const notBuilt = { outcome: 'not-built', step: 'build', message: 'no such release' } as const;

test.for<[string, Partial<CellFacts>, Partial<RunFacts>]>([
  ['a cell that is not built, with all its tests', { failure: notBuilt, tests: Array(13).fill(testOf('not-run')) }, {}],
  ['failures about the releases and others', { tests: [testOf('failed'), ofHarness, testOf('not-run')] }, {}],
  ['a file that fails as a whole', { tests: [testOf('passed'), testOf('not-run')], fileErrors: [broken] }, {}],
  ['a file and a test that fail', { tests: [testOf('failed')], fileErrors: [broken] }, {}],
  ['a run that is stopped', { tests: [testOf('failed'), testOf('not-run')] }, { interrupted: 'SIGINT' }],
  ['a run that is stopped before a failure', { tests: [testOf('not-run')] }, { interrupted: 'SIGINT' }],
  ['a flaky cell', { tests: [testOf('failed')], replay: replayOf() }, {}],
  ['a cell that is flaky by itself', { tests: [testOf('passed', { retried: true })] }, {}],
  [
    'all else',
    { problems: [{ step: 'destroy', message: 'stuck' }] },
    { problems: [{ step: 'suites', message: 'stray' }] },
  ],
])('one cause is one failure, as on the terminal: %s', ([, cell, run]) => {
  const report = buildReport(runOf([cellOf(cell)], run));
  const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(junitXml(report)) as {
    testsuites: Readonly<Record<string, string>>;
  };
  expect(Number(testsuites['@_failures']) + Number(testsuites['@_errors'])).toBe(report.totals.failed);
});

test('a failure that says nothing about the releases is an error, and has the outcome of its cell as type', () => {
  const xml = junitXml(buildReport(runOf([cellOf({ tests: [ofHarness], fileErrors: [broken] })])));
  expect(xml).toContain('<error message="the driver is gone" type="blocked">');
  expect(xml).toContain('name="4.8+4.10: suites/vault.test.ts" time="0.000">');
  expect(xml).toContain('<error message="cannot be loaded" type="blocked">');
  expect(xml).not.toContain('<failure');
});
