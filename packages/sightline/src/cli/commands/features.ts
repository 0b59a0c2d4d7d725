/** `sightline features`: a pretrained network's features of each image of a folder, as `.npy`. */

import { counted, duration, listed, SightlineError } from '@sightline/core';
import { BACKBONE_NAMES, WITH_WEIGHTS } from '@sightline/models/backbones';
import { commandOf, optionWords } from '../../config/command-line.ts';
import { dataOverridesOf } from '../../config/data-overrides.ts';
import { features, mergeFeatures } from '../../index.ts';
import { PRECISIONS, PROVIDERS } from '../choices.ts';
import { defineCommand } from '../command.ts';
import { backbone, dataOptions, experimentOptions, resizeOptions } from '../experiment-options.ts';
import { choice, flag, option, size, text, wholeNumber } from '../option.ts';
import type { Example } from '../section.ts';

export const command = defineCommand({
  usage: 'PATH...',
  arguments: { PATH: 'A folder of images, a .zip or a table; with --merge: the .npy files of all parts' },
  examples: [
    { command: 'sightline features photos --out features.npy', does: 'One file for all images' },
    { command: 'sightline features photos --out features', does: 'One file per split' },
    { command: 'sightline features photos --out 1.npy --shard 1/4', does: 'The first of four parts' },
    { command: 'sightline features --merge 1.npy 2.npy 3.npy 4.npy --out all.npy', does: 'All parts as one' },
  ],
  options: {
    out: option(text('a .npy file, or a folder'), {
      description: 'A .npy file for all images, or a folder for one file per split',
      hint: 'FILE.npy',
    }),
    backbone: option(backbone().optional(), {
      description: `The pretrained network: ${BACKBONE_NAMES.join(', ')}, or an ONNX file`,
      hint: 'NAME',
      defaultText: `${BACKBONE_NAMES[0]}, or ${WITH_WEIGHTS[0]} with --weights`,
    }),
    inputRange: experimentOptions.inputRange,
    imageSize: option(size(32).optional(), {
      description: 'Resize images to N pixels, or to HxW',
      hint: 'N',
      aliases: ['size'],
      defaultText: '224x224',
    }),
    ...resizeOptions,
    batchSize: option(wholeNumber(1).optional(), {
      description: 'Images at once',
      hint: 'N',
      defaultText: 'what suits the network',
    }),
    weights: option(text('a file of weights').optional(), {
      description: "Other weights: Keras' .h5, the ONNX Model Zoo's .onnx, or .safetensors",
      hint: 'FILE',
      defaultText: 'those that are installed with Sightline',
    }),
    provider: option(choice(PROVIDERS).optional(), {
      description: `Execution provider: ${PROVIDERS.join(', ')}`,
      hint: 'NAME',
      defaultText: 'the best that works',
    }),
    precision: option(choice(PRECISIONS).default('fp32'), {
      description: 'fp32, or int8: faster on cpu, slightly less exact',
      hint: 'P',
    }),
    shard: option(shard().optional(), {
      description: 'Only the I-th of N equal parts of the images',
      hint: 'I/N',
    }),
    merge: flag('Merge the parts of --shard into the file that one process would have written'),
    ...dataOptions,
  },
  async run({ values: { merge, ...options }, args, output, work }) {
    if (merge) {
      const merged = await mergeFeatures(args, options);
      const { file, images, parts, ...network } = merged;
      output.result(merged, `${counted(images, 'image')} of ${counted(parts, 'part')}: ${file}`);
      output.next(training('DIR', network));
      return;
    }
    const [root = '', ...more] = args;
    if (more.length > 0) {
      throw new SightlineError(
        'usage',
        `Expected one folder of images, but got ${listed(args)}: to merge parts, add --merge.`,
      );
    }
    const { weights, provider, batchSize, ...rest } = options;
    const given = {
      ...(weights ? { weights } : {}),
      ...(provider ? { provider } : {}),
      ...(batchSize ? { batchSize } : {}),
    };
    const written = await features(root, { ...rest, ...given, ...work });
    const { files, images, seconds, provider: used, device } = written;
    output.result(
      written,
      `${counted(images, 'image')} in ${duration(seconds)} on ${used} (${device}): ${files.join(', ')}`,
    );
    const { backbone: network, imageSize } = written;
    const { inputRange, shard: part, out } = options;
    if (part && part.of > 1) {
      const command = `${commandOf('features', '--merge', out)} PART... --out FILE.npy`;
      output.next({
        command,
        does: `Merge it with the other ${part.of === 2 ? 'part' : `${part.of - 1} parts`}`,
      });
      return;
    }
    output.next(training(root, { ...dataOverridesOf(options), backbone: network, inputRange, imageSize }));
  },
});

const training = (root: string, options: object): Example => ({
  command: commandOf('train', root, ...optionWords(options)),
  does: 'Train a classifier on such features',
});

/** `1/4`: the first of four. */
function shard() {
  return text('I/N, such as 1/4 for the first of four')
    .transform((word) => {
      const [, index = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(word) ?? []).map(Number);
      return { index, of };
    })
    .refine(({ index, of }) => index >= 1 && index <= of, 'I/N, such as 1/4 for the first of four');
}
