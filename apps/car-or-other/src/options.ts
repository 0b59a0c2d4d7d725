/** The options of `npm run train`: those of its experiments go to turbo's tasks as environment variables. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SightlineError } from '@sightline/core';

export const usage = `npm run train -- [options]: data, features, three trainings and the site

  --data DIR        a folder of images instead of CIFAR-10: DIR/<class>/*, or DIR/train|validation/<class>/*
  --experiment NAME only this one of sightline.config.ts, and the site: residual, depthwise, or your own
  --seed N          what all random numbers follow from
  --epochs N        of each experiment, instead of its own
  --batch-size N    of each experiment, instead of its own
  --engine E        auto, onnxruntime, cpu, tfjs-node, tfjs-node-gpu
  --force           train again what is in turbo's cache`;

export interface PipelineOptions {
  readonly data: string | undefined;
  /** The one experiment that is asked for; undefined for the main job. */
  readonly experiment: string | undefined;
  readonly isForced: boolean;
  readonly wantsHelp: boolean;
  /** What the tasks are told. */
  readonly environment: Record<string, string>;
}

/** @throws SightlineError `usage` */
export function readOptions(args: readonly string[]): PipelineOptions {
  const { values } = parse(args);
  const { data, seed, epochs, engine } = values;
  const variables = {
    SIGHTLINE_DATA: data === undefined ? undefined : resolve(data),
    SIGHTLINE_SEED: seed,
    SIGHTLINE_EPOCHS: epochs,
    SIGHTLINE_BATCH_SIZE: values['batch-size'],
    SIGHTLINE_ENGINE: engine,
  };
  const given = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    data: variables.SIGHTLINE_DATA ?? (process.env.SIGHTLINE_DATA || undefined),
    experiment: values.experiment,
    isForced: values.force === true,
    wantsHelp: values.help === true,
    environment: Object.fromEntries(given),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    data: text,
    experiment: text,
    seed: text,
    epochs: text,
    'batch-size': text,
    engine: text,
    force: flag,
    help: { ...flag, short: 'h' },
  };
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new SightlineError('usage', `${(error as Error).message.split('. ')[0]}.\n\n${usage}`);
  }
}
