/** From the run.json of earlier versions to today's. */

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import type { EpochRecord } from './schema.ts';

/** The version of run.json that is written. */
export const VERSION = 2;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether settings are those of an earlier version: version 1 has `input` where today's have `backbone`. */
export const isOfEarlierVersion = (config: object): boolean => 'input' in config;

/**
 * The run.json of any known version as one of `VERSION`, still to be checked. Throws SightlineError `unsupported` for a
 * newer one, and `broken` for what another program wrote.
 */
export function upgradeRun(json: unknown, history: readonly EpochRecord[], dir: string): unknown {
  if (!isObject(json) || typeof json.schema !== 'number') {
    throw new SightlineError(
      'broken',
      `${join(dir, 'run.json')} is not one that Sightline wrote. Name the folder of a run, such as runs/transfer.`,
    );
  }
  const { schema } = json;
  if (schema > VERSION) {
    const what = `is of schema ${schema}, and this Sightline reads schema ${VERSION}`;
    throw new SightlineError('unsupported', `The run in ${dir} ${what}. Use a newer Sightline.`);
  }
  return schema === 1 ? fromVersion1(json, history) : json;
}

function fromVersion1(run: Json, history: readonly EpochRecord[]): Json {
  const { input, restoreBest, ...config } = isObject(run.config) ? run.config : {};
  const keep = restoreBest === true ? 'best' : 'last';
  return {
    ...run,
    schema: 2,
    config: { ...config, backbone: input === 'vgg16-features' ? 'vgg16' : null, keep },
    metrics: isObject(run.metrics) ? metricsOfVersion1(run.metrics, keep, run.status, history) : run.metrics,
  };
}

function metricsOfVersion1(
  { figures, ...metrics }: Json,
  keep: 'best' | 'last',
  status: unknown,
  history: readonly EpochRecord[],
): Json {
  const { best, collapsed } = metrics;
  const isBest = keep === 'best' && status === 'complete' && isObject(best);
  const epoch = isBest ? best.epoch : history.at(-1)?.epoch;
  return {
    ...metrics,
    kept: epoch === undefined ? null : { epoch },
    // Version 1 wrote the share of the images that are of the class, and spoke of a collapse only for all predictions.
    collapsed: isObject(collapsed) ? { ...collapsed, share: 1 } : collapsed,
    ...(figures === undefined ? {} : { splits: figures }),
  };
}
