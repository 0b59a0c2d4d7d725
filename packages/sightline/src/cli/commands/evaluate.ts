/** `sightline evaluate`: all metrics of a trained model on a folder of images, as run.json has them. */

import { dirname } from 'node:path';
import { counted, decimal, quoted } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { dataOverridesOf } from '../../config/data-overrides.ts';
import { SPLITS } from '../choices.ts';
import { defineCommand } from '../command.ts';
import { dataOptions } from '../experiment-options.ts';
import { metricsText } from '../metrics-text.ts';
import { MODEL, modelOptions, withModel } from '../model-options.ts';
import { choice, option, text } from '../option.ts';

export const command = defineCommand({
  usage: 'MODEL',
  arguments: { MODEL },
  examples: [
    { command: 'sightline evaluate runs/baseline', does: "On the run's own validation images" },
    { command: 'sightline evaluate runs/baseline --data photos', does: 'On other labeled images' },
    {
      command: 'sightline evaluate x.onnx --classes cat,dog --data photos --save runs/x',
      does: 'Put a model of another tool beside your runs',
    },
  ],
  options: {
    data: option(text('a folder of images').optional(), {
      description: 'Labeled images: a folder, a .zip, or a .csv or .jsonl table',
      hint: 'DIR',
      defaultText: "the run's own",
    }),
    save: option(text('a folder').optional(), {
      description: 'Write a run folder with the metrics, for compare and report',
      hint: 'RUN',
    }),
    split: option(choice(SPLITS).default('validation'), { description: SPLITS.join(', '), hint: 'SPLIT' }),
    ...modelOptions,
    ...dataOptions,
  },
  async run({ values, args: [path = ''], output, work }) {
    const { data, split, save } = values;
    const options = dataOverridesOf(values);
    await withModel(path, values, output, async (model) => {
      output.status('evaluating');
      const { data: root, ...evaluation } = await model.evaluate(data, {
        ...options,
        split,
        save,
        ...work,
      });
      const { images, accuracy, loss, metrics, collapsed } = evaluation;
      if (collapsed) output.warn(`The network collapsed. ${collapsed.advice}`);
      const [low, high] = metrics.accuracyInterval;
      const interval = `(95 % interval ${decimal(low)} to ${decimal(high)})`;
      const measured = `accuracy ${decimal(accuracy)} ${interval}, loss ${decimal(loss)}`;
      const head = `${counted(images, 'image')} of ${root} (${split}):\n${measured}`;
      output.result(evaluation, [head, metricsText(metrics)].join('\n\n'));
      if (save === undefined) {
        output.next({ command: `${PROGRAM} predict ${quoted(path)} IMAGE...`, does: 'Classify images' });
      } else {
        const command = `${PROGRAM} report ${quoted(dirname(save))} --serve`;
        output.next({ command, does: 'Look at it beside other runs' });
      }
    });
  },
});
