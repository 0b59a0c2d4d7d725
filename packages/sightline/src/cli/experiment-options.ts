/**
 * Options about what is trained. Each has an environment variable, so that turbo's tasks can be told: the command line
 * comes first, then the environment, then the configuration.
 */

import { z } from 'zod';
import { parseAugmentation } from './augmentation-option.ts';
import { ENGINES, NETWORKS } from './choices.ts';
import { choice, type Options, option, positiveNumber, size, text, wholeNumber } from './option.ts';

/** What makes one run differ from another. Where no default is named, the configuration has the value. */
export const experimentOptions = {
  data: option(text('a folder of images, a .zip, or a .csv or .jsonl table').optional(), {
    description: 'The images: a folder, a .zip, or a .csv or .jsonl table',
    hint: 'DIR',
    variable: 'SIGHTLINE_DATA',
  }),
  backbone: option(choice(['vgg16']).optional(), {
    description: 'Train on features of a pretrained network: vgg16',
    hint: 'NAME',
    variable: 'SIGHTLINE_BACKBONE',
  }),
  network: option(choice(NETWORKS).optional(), {
    description: `Train a network from scratch: ${NETWORKS.join(', ')}`,
    hint: 'NAME',
    variable: 'SIGHTLINE_NETWORK',
  }),
  imageSize: option(size().optional(), {
    description: 'Resize images to N pixels, or to HxW',
    hint: 'N',
    variable: 'SIGHTLINE_IMAGE_SIZE',
  }),
  epochs: option(wholeNumber(1).optional(), {
    description: 'Passes over the training images',
    hint: 'N',
    variable: 'SIGHTLINE_EPOCHS',
  }),
  batchSize: option(wholeNumber(1).optional(), {
    description: 'Images per step',
    hint: 'N',
    variable: 'SIGHTLINE_BATCH_SIZE',
  }),
  learningRate: option(positiveNumber().optional(), {
    description: 'The learning rate of the optimizer',
    hint: 'X',
    variable: 'SIGHTLINE_LEARNING_RATE',
  }),
  augment: option(augmentation().optional(), {
    description: 'Augmentation: rotation=20,horizontalFlip, or JSON',
    hint: 'SPEC',
    variable: 'SIGHTLINE_AUGMENT',
  }),
  keep: option(choice(['best', 'last']).optional(), {
    description: 'Keep the weights of the best epoch on validation, or of the last',
    hint: 'EPOCH',
    variable: 'SIGHTLINE_KEEP',
  }),
  seed: option(wholeNumber(0).optional(), {
    description: 'Random seed',
    hint: 'N',
    variable: 'SIGHTLINE_SEED',
    defaultText: "the configuration's, else 1",
  }),
  engine: option(choice(ENGINES).optional(), {
    description: `What executes the training: ${ENGINES.join(', ')}`,
    hint: 'E',
    variable: 'SIGHTLINE_ENGINE',
    defaultText: 'auto',
  }),
} satisfies Options;

/** Where a training keeps things; no result depends on them. */
export const placeOptions = {
  out: option(text('a folder').optional(), {
    description: 'The folder of run folders',
    hint: 'DIR',
    variable: 'SIGHTLINE_OUT',
    defaultText: 'runs, beside the configuration',
  }),
  cache: option(text('a folder').optional(), {
    description: 'Keep hashes and decoded images in this folder for the next run',
    hint: 'DIR',
    variable: 'SIGHTLINE_IMAGE_CACHE',
  }),
  memory: option(wholeNumber(1).optional(), {
    description: 'MiB of decoded images per split in memory; more is read from --cache',
    hint: 'N',
    variable: 'SIGHTLINE_MEMORY',
    defaultText: '2048',
  }),
} satisfies Options;

/** One experiment of the configuration. */
export const experimentName = (defaultText: string) =>
  option(text('the name of an experiment').optional(), {
    description: 'Only this experiment of the configuration',
    hint: 'NAME',
    defaultText,
  });

/** `rotation=20,horizontalFlip`, or JSON. */
export function augmentation() {
  return z.string().transform((word, context) => {
    const parsed = parseAugmentation(word);
    if (typeof parsed !== 'string') return parsed;
    context.addIssue({ code: 'custom', message: parsed });
    return z.NEVER;
  });
}
