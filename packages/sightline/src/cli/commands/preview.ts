/** `sightline preview`: images of a data set as one picture, as they are and augmented. */

import { extname } from 'node:path';
import { counted } from '@sightline/core';
import { commandOf, optionWords } from '../../config/command-line.ts';
import { dataOverridesOf } from '../../config/data-overrides.ts';
import { preview } from '../../index.ts';
import { SPLITS } from '../choices.ts';
import { defineCommand } from '../command.ts';
import { augmentation, dataOptions, resizeOptions } from '../experiment-options.ts';
import { choice, option, size, text, wholeNumber } from '../option.ts';

export const command = defineCommand({
  usage: 'DIR',
  arguments: { DIR: 'A folder of images, a .zip, or a .csv or .jsonl table' },
  examples: [
    { command: 'sightline preview photos', does: 'Write preview.png' },
    { command: 'sightline preview photos --augment rotation=20,horizontalFlip', does: 'Before and after' },
  ],
  options: {
    out: option(
      text('a .png file')
        .refine((file) => extname(file).toLowerCase() === '.png', 'the name of a .png')
        .default('preview.png'),
      { description: 'The picture', hint: 'FILE.png', aliases: ['output'] },
    ),
    augment: option(augmentation().optional(), {
      description: 'Show each image before and after: rotation=20,horizontalFlip, or JSON',
      hint: 'SPEC',
    }),
    count: option(wholeNumber(1).optional(), {
      description: 'Images',
      hint: 'N',
      defaultText: '24, or 8 with --augment',
    }),
    versions: option(wholeNumber(1).default(3), {
      description: 'Augmented versions of each image',
      hint: 'N',
    }),
    split: option(choice(SPLITS).default('train'), { description: SPLITS.join(', '), hint: 'SPLIT' }),
    imageSize: option(size().default([64, 64]), {
      description: 'Resize images to N pixels, or to HxW',
      hint: 'N',
      aliases: ['size'],
    }),
    ...resizeOptions,
    seed: option(wholeNumber(0).default(1), { description: 'Random seed', hint: 'N' }),
    ...dataOptions,
  },
  async run({ values: options, args: [root = ''], output, work }) {
    const { file, images, width, height, tiles } = await preview(root, { ...options, ...work });
    const augmented = options.augment ? `, each with ${counted(options.versions, 'augmented version')}` : '';
    output.result({ file, width, height, tiles }, `${file}: ${counted(images, 'image')}${augmented}`);
    output.next({
      command: commandOf('train', root, ...optionWords(dataOverridesOf(options))),
      does: 'Train on them',
    });
  },
});
