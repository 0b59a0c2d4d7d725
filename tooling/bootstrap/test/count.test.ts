import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../count.mjs', import.meta.url));

function count(tests: object | undefined, checks: object | undefined, code: string, more: string[] = []) {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-count-'));
  const paths = ['tests.json', 'checks.json'].map((name) => join(dir, name));
  for (const [i, value] of [tests, checks].entries()) {
    if (value) writeFileSync(paths[i] ?? '', JSON.stringify(value));
  }
  const [testsFile, checksFile] = paths;
  const args = ['--tests', `${testsFile}=${code}`, '--checks', checksFile!, ...more];
  const { stdout, status } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return [stdout, status];
}

const tests = { numPassedTests: 40, numFailedTests: 0, testResults: [] };
const checks = [
  { name: 'biome', passed: true },
  { name: 'types', passed: true },
];

test('tests and checks add up', () => {
  expect(count(tests, checks, '0')).toEqual(['42 passed, 0 failed\n', 0]);
  const failed = { ...tests, numFailedTests: 2 };
  expect(count(failed, [...checks, { name: 'knip', passed: false }], '1')).toEqual([
    '42 passed, 3 failed\n',
    1,
  ]);
});

test('a test file that can not be loaded, a missing report and an unexplained exit code are failures', () => {
  const unloadable = { ...tests, testResults: [{ status: 'failed', assertionResults: [] }] };
  expect(count(unloadable, checks, '1')).toEqual(['42 passed, 1 failed\n', 1]);
  expect(count(tests, undefined, '0')).toEqual(['40 passed, 1 failed\n', 1]);
  expect(count(undefined, checks, '1')).toEqual(['2 passed, 1 failed\n', 1]);
  expect(count(tests, checks, '1')).toEqual(['42 passed, 1 failed\n', 1]);
  expect(count(undefined, checks, '0')).toEqual(['2 passed, 1 failed\n', 1]);
});

test('a second suite adds its tests, and each exit code at the end is a check', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-count-'));
  const second = join(dir, 'second=1.json');
  writeFileSync(second, JSON.stringify({ ...tests, numPassedTests: 5 }));
  const of = (code: string) => ['--tests', `${second}=${code}`, '0', '1'];
  expect(count(tests, checks, '0', of('0'))).toEqual(['48 passed, 1 failed\n', 1]);
  expect(count(tests, checks, '0', of('137'))).toEqual(['48 passed, 2 failed\n', 1]);
});
