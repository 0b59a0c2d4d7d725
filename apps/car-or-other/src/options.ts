/** The options of `npm run train`: those of a training, which go to turbo's tasks as environment variables. */

import { resolve } from 'node:path';
import { listed } from '@sightline/core';
import {
  experimentName,
  experimentOptions,
  flag,
  type Options,
  type Values,
  variableValues,
} from 'sightline/cli';
import { mainJob } from './main-job.ts';

export const options = {
  ...experimentOptions,
  experiment: experimentName(listed(mainJob)),
  force: flag("Train again what is in turbo's cache"),
} satisfies Options;

/** What turbo's tasks are told. Paths are absolute: a task runs in another folder. */
export function environmentOf(values: Values<typeof options>): Record<string, string> {
  const { data, backbone, ...others } = values;
  return variableValues(options, {
    ...others,
    data: data === undefined ? undefined : resolve(data),
    backbone: backbone?.endsWith('.onnx') ? resolve(backbone) : backbone,
  });
}
