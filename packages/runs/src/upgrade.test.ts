// Runs that Sightline 0.1.0 wrote (commit 483a76f), read as today's. Only the path of the configuration is shortened.

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isOfEarlierVersion, writeJson } from './index.ts';
import { readRun } from './run-reader.ts';

const version1 = (name: string) => join(import.meta.dirname, '../test/version-1', name);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sightline-upgrade-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('the best epoch of a network on images, which had collapsed', () => {
  cpSync(version1('best'), dir, { recursive: true });
  const old = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'));
  expect(old).toMatchObject({
    schema: 1,
    config: { restoreBest: true },
    metrics: { collapsed: { share: 0.5 } },
  });
  const { run, isUpgraded, history, suspects } = readRun(dir);
  expect(isUpgraded).toBe(true);
  expect([old.config, run.config].map(isOfEarlierVersion)).toEqual([true, false]);
  expect(run).toMatchObject({
    schema: 2,
    status: 'complete',
    config: { network: 'baseline', backbone: null, keep: 'best', epochs: 3 },
    metrics: {
      validation: old.metrics.validation,
      best: old.metrics.best,
      kept: { epoch: old.metrics.best.epoch },
      collapsed: { class: old.metrics.collapsed.class, share: 1 },
      splits: old.metrics.figures,
    },
  });
  expect(run.config).not.toHaveProperty('restoreBest');
  expect(run.metrics).not.toHaveProperty('figures');
  expect(history).toHaveLength(3);
  expect(suspects()).toEqual([]);
});

test('the last epoch of a network on features', () => {
  const { run } = readRun(version1('backend'));
  expect(run).toMatchObject({
    schema: 2,
    config: { network: 'dense-backend', backbone: 'vgg16', keep: 'last', epochs: 2 },
    metrics: { kept: { epoch: 2 }, collapsed: null },
  });
  expect(run.config).not.toHaveProperty('input');
});

test('a newer version is refused', () => {
  writeJson(join(dir, 'run.json'), { schema: 3 });
  expect(() => readRun(dir)).toThrow(/is of schema 3, and this Sightline reads schema 2.*newer Sightline/);
});
