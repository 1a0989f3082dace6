import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
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
          errors: [{ message: 'no coin\nlast: <none>', stack: 'Error: no coin\nlast: <none>\n    at pay.ts:1:2' }],
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

test('a declared failure is skipped with its reason and its message', () => {
  const known = { reason: 'telemetry', until: '2026-12-31' };
  const xml = junitXml(buildReport(runOf([cellOf({ known, tests: [testOf('failed')] })])));
  expect(xml).toContain('failures="0" errors="0" skipped="1"');
  expect(xml).toContain('<skipped message="declared until 2026-12-31: telemetry');
  expect(xml).toContain('<system-out>no coin arrived</system-out>');
});

test('every character of a message survives or becomes visible', () => {
  const message =
    'bell \u0007, colour \u001b[31mred\u001b[39m, lone \ud800 and \udc00, pair 😀, end ]]> & <x a="b">\ufffe';
  const xml = junitXml(buildReport(runOf([cellOf({ tests: [testOf('failed', { errors: [{ message }] })] })])));
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
