// closing-line.js REPORT STATUS LEGS GATE=STATUS...: prints `N passed, N failed[, N skipped]` of a vitest JSON report, as the last line.
// STATUS is vitest's own, LEGS a file with what the legs said. Each gate counts as one test. Whatever failed or was skipped is named before it: this machine can run every test.
import { readFileSync } from 'node:fs';

const [file, tests, legs, ...gates] = process.argv.slice(2);
const failures = gates.filter((gate) => !gate.endsWith('=0')).map((gate) => gate.replace('=', ': exit status '));
let passed = gates.length - failures.length;
let failed = 0;
const skips = [];
for (const [, name, good, bad] of text(legs).matchAll(/^leg (\S+): (\d+) passed, (\d+) failed$/gm)) {
  passed += Number(good);
  failed += Number(bad);
  console.log(`leg ${name}: ${good} passed, ${bad} failed`);
}
try {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const named = (...states) => results.filter(({ status }) => states.includes(status)).map(({ fullName }) => fullName);
  passed += named('passed').length;
  const red = named('failed');
  failures.push(...red);
  skips.push(...named('pending', 'skipped', 'todo', 'disabled'));
  // A file that does not load, a hook that fails or a worker that crashes fails the run without a failed test.
  if (tests !== '0' && red.length === 0) failures.push(`vitest: exit status ${tests}`);
  const slowest = report.testResults
    .map(({ name, startTime, endTime }) => ({ name, seconds: Math.round((endTime - startTime) / 1000) }))
    .sort((one, other) => other.seconds - one.seconds);
  for (const { name, seconds } of slowest.slice(0, 15)) console.log(`${String(seconds).padStart(5)} s  ${name}`);
} catch (error) {
  failures.push(`the report of vitest (exit status ${tests}): ${error.message}`);
}
failed += failures.length;
for (const name of failures) console.log(`failed: ${name}`);
for (const name of skips) console.log(`skipped: ${name}`);
console.log(`${passed} passed, ${failed} failed${skips.length > 0 ? `, ${skips.length} skipped` : ''}`);
process.exitCode = failed + skips.length > 0 ? 1 : 0;

/** Nothing of a file that was never written: the gate of the legs says that they failed. */
function text(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
