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

test.each([lowerRate(0.01), MORE_OF_RARE])('what to try about a collapsed run is told once: %s', (remedy) => {
  const collapsed = {
    class: 'dr. dog',
    share: 1,
    advice: `Every validation image is predicted as dr. dog. ${remedy}`,
  };
  const { run } = runInMemory({ name: 'x', images: [] });
  const metrics = { ...run.metrics!, collapsed };
  const loaded = { run: { ...run, metrics }, isUpgraded: false, history: [] };
  expect(stateOf(loaded as never).advice).toBe(remedy);
});
