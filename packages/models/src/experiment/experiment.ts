/**
 * An experiment: a network, what goes into it, and how it is trained. The schema is the one description of its fields:
 * types, defaults, errors, command-line options and documentation all come from it.
 */

import { group, oneOf, parse, wholeNumber } from '@sightline/core/schema';
import type { AugmentationOptions } from '@sightline/data';
import { FITS, INPUT_RANGE_NAMES, INTERPOLATIONS, LONGEST_SIDE } from '@sightline/image';
import { z } from 'zod';
import { BACKBONE_NAMES, BACKBONES, type BackboneName, isBackbone } from '../backbones.ts';
import { VIEWS } from '../evaluate/views.ts';
import { minimumSizeOf, NETWORKS, type Network, type NetworkName } from '../networks/index.ts';
import {
  decay,
  earlyStoppingSchema,
  labelSmoothing,
  layerDecay,
  rate,
  reduceOnPlateauSchema,
  trainingFields,
  weightDecay,
  whiteningSchema,
} from '../train/settings.ts';
import { dataOptionsSchema } from './data-options.ts';

/** What `network` names for a classifier that is solved for instead of trained step by step. */
export const LOGISTIC = 'logistic';

const NETWORK_NAMES = [LOGISTIC, ...Object.keys(NETWORKS)] as [typeof LOGISTIC, ...NetworkName[]];

const augmentation = (value: AugmentationOptions | null) =>
  z
    .custom<AugmentationOptions>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'an object of augmentations, such as { horizontalFlip: true }',
    )
    .nullable()
    .default(value);

/** Strong enough that a few hundred photographs are not learned by heart. */
const FINE_TUNE_AUGMENTATION: AugmentationOptions = {
  horizontalFlip: true,
  randomResizedCrop: { scale: [0.35, 1] },
  colorJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3 },
};

/** `5 for efficientnet-lite0, 1 for vgg16` */
const defaultsOf = (field: keyof (typeof BACKBONES)[BackboneName]['fineTune']): string =>
  BACKBONE_NAMES.map((name) => `${BACKBONES[name].fineTune[field]} for ${name}`).join(', ');

const fineTuneSchema = group({
  blocks: wholeNumber(1)
    .optional()
    .meta({
      description: 'How many of the last blocks of the backbone to train.',
      defaultText: defaultsOf('blocks'),
    }),
  epochs: wholeNumber(1).nullable().default(null).meta({
    description: 'Passes over the training images.',
    defaultText: 'as many as make 200 steps, at most 30',
  }),
  batchSize: wholeNumber(1).default(32).describe('Images per step.'),
  learningRate: rate()
    .optional()
    .meta({
      description: 'The learning rate of the classifier; see layerDecay.',
      defaultText: defaultsOf('learningRate'),
    }),
  weightDecay: weightDecay(0.05),
  layerDecay: layerDecay(0.7),
  ema: decay().nullable().default(0.98).describe('Decay of a moving average of the weights, which is kept.'),
  labelSmoothing: labelSmoothing(0.1),
  augmentation: augmentation(FINE_TUNE_AUGMENTATION).describe('Random changes of the training images.'),
});

const fields = {
  network: z
    .union([z.enum(NETWORK_NAMES), z.custom<Network>((value) => typeof value === 'function')], {
      error: `one of ${NETWORK_NAMES.join(', ')} or a function (inputShape, classes) => LayersModel`,
    })
    .optional()
    .meta({
      description:
        'The classifier to train: "logistic" (logistic regression on the features of the backbone, solved to convergence), a named network, or a function that builds one.',
      defaultText: 'logistic',
    }),
  backbone: z
    .union([z.enum(BACKBONE_NAMES), z.templateLiteral([z.string(), '.onnx'])], {
      error: `one of ${BACKBONE_NAMES.join(', ')}, a file that ends in .onnx, or null`,
    })
    .nullable()
    .optional()
    .meta({
      description:
        'The pretrained network whose features go into the classifier: a name, or an ONNX file. null trains on pixels.',
      defaultText: 'efficientnet-lite0 for logistic, else none',
    }),
  inputRange: oneOf(INPUT_RANGE_NAMES).optional().meta({
    description: 'The pixel values that a backbone of an ONNX file takes, where the file does not say.',
    defaultText: '0-1',
  }),
  imageSize: z
    .tuple([wholeNumber(1), wholeNumber(1)], '[height, width], two whole numbers of 1 or more')
    .readonly()
    .optional()
    .meta({
      description: 'Height and width in pixels that images are resized to.',
      defaultText: '224x224 with a backbone, else 64x64',
    }),
  interpolation: oneOf(INTERPOLATIONS).default('bilinear').describe('How images are resized.'),
  fit: oneOf(FITS)
    .default('stretch')
    .describe('What happens to images of another aspect ratio: stretch, crop or pad them.'),
  batchSize: wholeNumber(1).default(32).describe('Images per step.'),
  augmentation: augmentation(null).describe(
    'Random changes of the training images, new in each epoch. Validation images stay as they are.',
  ),
  data: dataOptionsSchema
    .default({})
    .describe('Which of the images belong to the experiment, and which of them are held out.'),
  ...trainingFields,
  whitening: whiteningSchema
    .nullable()
    .default(null)
    .describe(
      'Set the kernel of the first convolution so that what it gives is uncorrelated on the training images, and keep it.',
    ),
  views: z
    .literal(VIEWS, `one of ${VIEWS.join(', ')}`)
    .default(1)
    .describe(
      'Views of each image that the final metrics average: the image; with its mirror image; both also moved by a pixel, two ways.',
    ),
  earlyStopping: earlyStoppingSchema
    .nullable()
    .default(null)
    .describe('Stop when a metric no longer improves.'),
  reduceOnPlateau: reduceOnPlateauSchema
    .nullable()
    .default(null)
    .describe('Reduce the learning rate when a metric no longer improves.'),
  fineTune: z
    .union([z.boolean(), fineTuneSchema], { error: 'true, false or an object of settings for fine-tuning' })
    .nullable()
    .default(null)
    .transform((value) => (value === true ? fineTuneSchema.parse({}) : value || null))
    .describe('Also train the last blocks of the backbone, from the solution of the classifier.'),
};

/** The fields with their defaults; those whose default depends on others are filled in at the end. */
export const experimentSchema = group(fields).transform((experiment, context) => {
  const { network = LOGISTIC } = experiment;
  const backbone =
    experiment.backbone === undefined && network === LOGISTIC
      ? BACKBONE_NAMES[0]
      : (experiment.backbone ?? null);
  const refuse = (field: 'backbone' | 'fineTune' | 'imageSize', message: string): never => {
    context.addIssue({ code: 'custom', path: [field], message, input: experiment[field] ?? null });
    return z.NEVER;
  };
  if (backbone === null && network === LOGISTIC) {
    return refuse('backbone', 'a backbone, as network "logistic" is trained on its features');
  }
  const { fineTune } = experiment;
  if (fineTune && network !== LOGISTIC) {
    return refuse('fineTune', 'null, as fine-tuning starts from network "logistic"');
  }
  if (fineTune && !isBackbone(backbone!)) {
    return refuse('fineTune', `null, as of backbones only ${BACKBONE_NAMES.join(' and ')} are fine-tuned`);
  }
  const size = backbone === null ? 64 : 224;
  const { imageSize = [size, size] as const } = experiment;
  const least = smallestSide(network, backbone);
  if (imageSize.some((side) => side < least || side > LONGEST_SIDE)) {
    const taker = backbone ?? (typeof network === 'string' ? network : 'images');
    return refuse('imageSize', `sides from ${least} to ${LONGEST_SIDE} pixels for ${taker}`);
  }
  return {
    ...experiment,
    network,
    backbone,
    imageSize,
    fineTune: fineTune && withDefaults(fineTune, backbone as BackboneName),
  };
});

/** A network of a file says itself what it takes, once it is read. */
function smallestSide(network: Network | typeof LOGISTIC | NetworkName, backbone: string | null): number {
  if (backbone !== null) return isBackbone(backbone) ? BACKBONES[backbone].minimumSize : 1;
  return network === LOGISTIC ? 1 : minimumSizeOf(network);
}

/** With the number of blocks and the learning rate that suit the backbone. */
function withDefaults(fineTune: z.output<typeof fineTuneSchema>, backbone: BackboneName) {
  const { blocks, learningRate } = BACKBONES[backbone].fineTune;
  return {
    ...fineTune,
    blocks: fineTune.blocks ?? blocks,
    learningRate: fineTune.learningRate ?? learningRate,
  };
}

/** An experiment as a user writes it: every field may be left out. */
export type ExperimentInput = z.input<typeof experimentSchema>;

/** An experiment with its defaults filled in. */
export type Experiment = z.output<typeof experimentSchema>;

/** Checks an experiment's types as it is written. */
export function defineExperiment(experiment: ExperimentInput): ExperimentInput {
  return experiment;
}

/**
 * An experiment with its defaults, from a value of any kind. Throws SightlineError `config` that names the first wrong
 * field, what is expected there and what came; `where` says whose field it is.
 */
export function parseExperiment(value: unknown, where = 'The experiment'): Experiment {
  return parse(experimentSchema, upgraded(value), where);
}

/** Fields of earlier versions in today's words. */
function upgraded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { input, restoreBest, ...rest } = value as Record<string, unknown>;
  return {
    ...(input === 'vgg16-features'
      ? { backbone: 'vgg16' }
      : input === 'images'
        ? { backbone: null }
        : input === undefined
          ? {}
          : { input }),
    ...(typeof restoreBest === 'boolean'
      ? { keep: restoreBest ? 'best' : 'last' }
      : restoreBest === undefined
        ? {}
        : { restoreBest }),
    ...rest,
  };
}
