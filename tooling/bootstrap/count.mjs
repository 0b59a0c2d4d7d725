/**
 * `count.mjs --tests FILE=CODE... --checks FILE [CODE...]`: adds up what vitest's JSON reporter and `check.mjs` wrote,
 * with each exit code at the end as one check more, and prints `N passed, N failed`. What left no report failed as a
 * whole, and so did tests whose exit code says more than theirs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: 'string', multiple: true }, checks: { type: 'string' } },
});
const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

let passed = 0;
let failed = 0;

for (const suite of values.tests) {
  const [, path, code] = suite.match(/^(.*)=(\d+)$/);
  const report = read(path);
  let faults = 0;
  if (report) {
    passed += report.numPassedTests;
    faults += report.numFailedTests;
    // A file that can't even be loaded has no tests to fail.
    faults += report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
  }
  if ((code !== '0' || !report) && faults === 0) faults++;
  failed += faults;
}

const results = read(values.checks);
if (results) for (const { passed: isPassed } of results) isPassed ? passed++ : failed++;
else failed++;

for (const code of positionals) code === '0' ? passed++ : failed++;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
