/**
 * `count.mjs TESTS.json CHECKS.json CODE [CODE...]`: adds up what vitest's JSON reporter and `check.mjs` wrote, with
 * each exit code behind the tests' own as one check more, and prints `N passed, N failed`. What left no report failed as a whole, and so did tests whose exit code says more than theirs.
 */
import { existsSync, readFileSync } from 'node:fs';

const [tests = '', checks = '', testsCode = '1', ...otherCodes] = process.argv.slice(2);
const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

let passed = 0;
let failed = 0;

const suites = read(tests);
if (suites) {
  passed += suites.numPassedTests;
  failed += suites.numFailedTests;
  // A file that can't even be loaded has no tests to fail.
  failed += suites.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
}
if (testsCode !== '0' && failed === 0) failed++;

const results = read(checks);
if (results) for (const { passed: isPassed } of results) isPassed ? passed++ : failed++;
else failed++;

for (const code of otherCodes) code === '0' ? passed++ : failed++;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
