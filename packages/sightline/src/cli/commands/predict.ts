/** `sightline predict`: classes of images by a trained model. */

import { counted, quoted, visible } from '@sightline/core';
import { PROGRAM } from '../../config/command-line.ts';
import { defineCommand } from '../command.ts';
import { MODEL, modelOptions, withModel } from '../model-options.ts';
import { choice, fraction, option, text, wholeNumber } from '../option.ts';
import { answerOf, FORMATS, predictionWriter } from '../predictions.ts';
import type { Example } from '../section.ts';

export const command = defineCommand({
  usage: 'MODEL PATH...',
  arguments: { MODEL, PATH: 'Images, folders of images, or - for an image or paths on standard input' },
  examples: [
    { command: 'sightline predict runs/baseline photo.jpg', does: 'Classify an image' },
    { command: 'sightline predict runs/transfer new/ --threshold 0.8', does: 'Leave doubtful ones open' },
    { command: 'sightline predict runs/transfer new/ --copy-to sorted', does: 'Sort into class folders' },
    { command: 'sightline predict runs/transfer new/ --format csv', does: 'A table of all probabilities' },
  ],
  options: {
    top: option(wholeNumber(1).default(1), { description: 'Show the K most probable classes', hint: 'K' }),
    threshold: option(fraction().default(0), {
      description: 'Below this probability an image is "not sure"',
      hint: 'P',
    }),
    copyTo: option(text('a folder').optional(), {
      description: 'Copy each image into DIR/<class>/; nothing is moved or replaced',
      hint: 'DIR',
    }),
    format: option(choice(FORMATS).default('table'), {
      description: 'table, csv, or jsonl (JSON Lines)',
      hint: 'F',
    }),
    batchSize: option(wholeNumber(1).default(1024), { description: 'Images at once', hint: 'N' }),
    ...modelOptions,
  },
  async run({ values, args: [path = '', ...paths], output, work, exitWith }) {
    const { top, threshold, copyTo, batchSize } = values;
    const { imageItems } = await import('../standard-input.ts');
    const items = await imageItems(paths);
    let failed = 0;
    output.status('opening the model');
    await withModel(path, values, output, async (model) => {
      const format = output.isJson ? 'json' : values.format;
      const writer = predictionWriter(format, model.classes, output.raw);
      for (let from = 0; from < items.length; from += batchSize) {
        const batch = items.slice(from, from + batchSize);
        const { predictions, failures } = await model.predict(batch, { signal: work.signal });
        const answers = predictions.map((prediction) => answerOf(prediction, { top, threshold }));
        if (copyTo !== undefined) {
          const { copyToClasses } = await import('../copy-images.ts');
          await copyToClasses(answers, batch, copyTo);
        }
        output.progress({ what: 'predicting', done: from + batch.length, total: items.length });
        for (const each of failures)
          output.warn(`${visible(each.path)} can't be read as an image: ${each.reason}`);
        failed += failures.length;
        writer.write(answers);
      }
      writer.end();
    });
    const copied = items.length - failed;
    if (copyTo !== undefined && copied > 0) output.note(`Copied ${counted(copied, 'image')} into ${copyTo}.`);
    if (failed > 0) {
      output.warn(`${counted(failed, 'image')} of ${items.length} could not be read.`);
      exitWith(1);
    }
    if (values.format === 'table' && copied > 0) output.next(nextOf(path, copyTo));
  },
});

/** What to do with predictions: sort the images by them, or look at those that were sorted. */
const nextOf = (model: string, sorted: string | undefined): Example =>
  sorted === undefined
    ? {
        command: `${PROGRAM} predict ${quoted(model)} IMAGE... --copy-to sorted`,
        does: 'Copy images into a folder for each class',
      }
    : {
        command: `${PROGRAM} check ${quoted(sorted)}`,
        does: 'Look for faults among them before training on them',
      };
