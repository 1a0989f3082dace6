// Prints `N passed, N failed[, N skipped]` of a vitest JSON report; the gates (npm run check) count as one test.
import { readFileSync } from 'node:fs';

const [file, gates, tests] = process.argv.slice(2);
let passed = gates === '0' ? 1 : 0;
let failed = gates === '0' ? 0 : 1;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  // A file that could not be loaded or a worker that crashed fails the run without a failed test.
  if (tests !== '0' && report.numFailedTests === 0) failed += 1;
} catch {
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
