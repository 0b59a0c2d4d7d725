// What the report advises for a run that did not end well.

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lowerRate, MORE_OF_RARE } from '@sightline/metrics';
import { readRun } from '@sightline/runs';
import { expect, test } from 'vitest';
import { runInMemory } from '../../test/run-in-memory.ts';
import { stateOf } from './state.ts';

test('an interrupted run is to be resumed, but one of an earlier version to be trained again', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-state-'));
  cpSync(fileURLToPath(new URL('../../../../packages/runs/test/version-1/best', import.meta.url)), dir, {
    recursive: true,
  });
  const file = join(dir, 'run.json');
  const run = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...run, status: 'interrupted', metrics: null }));
  const loaded = readRun(dir);
  const earlier = stateOf(loaded);
  expect(earlier.advice).toMatch(/earlier version.*Train it again/);
  expect(earlier.command).not.toContain('--resume');
  const today = stateOf({ ...loaded, isUpgraded: false });
  expect(today).toMatchObject({ advice: 'Resume it:', command: `${earlier.command} --resume` });
});

/** What is said of a run that predicts one class. */
function collapsedTo(name: string, remedy: string) {
  const advice = `Every validation image is predicted as ${name}. ${remedy}`;
  const { run } = runInMemory({ name: 'x', images: [] });
  const metrics = { ...run.metrics!, collapsed: { class: name, share: 1, advice } };
  return stateOf({ run: { ...run, metrics }, isUpgraded: false, history: [] } as never);
}

test.each([lowerRate(0.01), MORE_OF_RARE])('what to try about a collapsed run is told once: %s', (remedy) => {
  expect(collapsedTo('dr. dog', remedy).advice).toBe(remedy);
});

test('a long name is cut between letters, not inside of one', () => {
  const family = '👨‍👩‍👧';
  expect(collapsedTo(family.repeat(24), 'Try').note).toBe(`collapsed: always predicts ${family.repeat(24)}`);
  expect(collapsedTo(family.repeat(25), 'Try').note).toBe(`collapsed: always predicts ${family.repeat(23)}…`);
});
