/** The settings of training with their defaults, without TensorFlow.js: optimizers, schedules and what watches a metric. */

import { flag, group, number, oneOf, variants, wholeNumber } from '@sightline/core/schema';
import { z } from 'zod';

export const MONITORS = ['loss', 'accuracy', 'valLoss', 'valAccuracy'] as const;
export type Monitor = (typeof MONITORS)[number];

export const rate = () => number({ over: 0 });
export const decay = () => number({ from: 0, below: 1 });
const share = () => number({ from: 0, to: 1 });
const name = <const Name extends string>(value: Name) => z.literal(value).describe('Which of these it is.');

export const weightDecay = (value = 0.01) =>
  number({ from: 0 })
    .default(value)
    .describe('Share of each weight that a step at a learning rate of 1 takes away.');

export const layerDecay = (value: number) =>
  number({ over: 0, to: 1 })
    .default(value)
    .describe('What the learning rate is multiplied by from one layer to the layer before it.');

export const labelSmoothing = (value: number) =>
  number({ from: 0, below: 1 })
    .default(value)
    .describe('Share of each label that is spread evenly over all classes.');

const learningRate = (value: number) =>
  rate().default(value).describe('The learning rate, before any schedule.');

const adam = (epsilon: number) => ({
  learningRate: learningRate(0.001),
  beta1: decay().default(0.9).describe('Decay of the mean of gradients.'),
  beta2: decay().default(0.999).describe('Decay of the mean of squared gradients.'),
  epsilon: rate().default(epsilon).describe('Keeps the division by the root of that mean finite.'),
});

export const optimizerSchema = variants([
  group({ name: name('adam'), ...adam(1e-7) }),
  group({ name: name('adamw'), ...adam(1e-8), weightDecay: weightDecay() }),
  group({
    name: name('sgd'),
    learningRate: learningRate(0.01),
    momentum: decay().default(0).describe('Share of the previous update that is kept.'),
    nesterov: flag().default(false).describe('Look ahead along the momentum.'),
    weightDecay: weightDecay(0),
    offsetRate: rate()
      .default(1)
      .describe(
        'What the learning rate is multiplied by for the offsets of batch normalizations; their weight decay is not.',
      ),
  }),
]);

/** An optimizer as it is asked for; what is left out has its default. */
export type OptimizerConfig = z.input<typeof optimizerSchema>;
export type OptimizerSettings = z.output<typeof optimizerSchema>;

const warmupEpochs = number({ from: 0 })
  .default(0)
  .describe('Epochs in which the learning rate first rises to its full value.');

export const scheduleSchema = variants([
  group({ name: name('constant'), warmupEpochs }),
  group({
    name: name('step'),
    every: rate().describe('Epochs between two steps.'),
    factor: rate().describe('What a step multiplies the learning rate by.'),
    warmupEpochs,
  }),
  group({
    name: name('cosine'),
    minimum: share().default(0).describe('Share of the learning rate that is left at the end.'),
    warmupEpochs,
  }),
  group({
    name: name('one-cycle'),
    rise: share().default(0.3).describe('Share of the training in which the learning rate rises.'),
    start: share().default(0.04).describe('Share of the learning rate to start from.'),
    end: share().default(4e-6).describe('Share of the learning rate to end with.'),
  }),
  group({
    name: name('triangular'),
    peak: share().default(0.5).describe('Share of the training after which the learning rate is full.'),
    start: share().default(0).describe('Share of the learning rate to start from.'),
    end: share().default(0).describe('Share of the learning rate to end with.'),
  }),
]);

/** A schedule as it is asked for; what is left out has its default. */
export type Schedule = z.input<typeof scheduleSchema>;
export type ScheduleSettings = z.output<typeof scheduleSchema>;

const patience = wholeNumber(1).describe('Epochs without improvement to wait for.');
const minDelta = (value: number) =>
  number({ from: 0 }).default(value).describe('The least change that counts as an improvement.');

const monitor = (value: Monitor) => oneOf(MONITORS).default(value).describe('The metric to watch.');

/** Options of `earlyStopping`. */
export const earlyStoppingSchema = group({ patience, monitor: monitor('valLoss'), minDelta: minDelta(0) });

/** Options of `reduceOnPlateau`. */
export const reduceOnPlateauSchema = group({
  patience,
  factor: share().default(0.1).describe('What the learning rate is multiplied by.'),
  monitor: monitor('valLoss'),
  minDelta: minDelta(1e-4),
  minimum: number({ from: 0 }).default(0).describe('The learning rate is not reduced below this.'),
});

const lookaheadSchema = group({
  every: wholeNumber(1).default(5).describe('Steps between two averages.'),
  decay: decay().default(0.95).describe('Decay of the average per step, at the end of the training.'),
  power: number({ from: 0 })
    .default(3)
    .describe('The decay grows with this power of the share of the training that is done.'),
  startEpochs: number({ from: 0 }).default(0).describe('Epochs before the first average.'),
});

/** Settings of the optimizer that averages as it goes. */
export type LookaheadSettings = z.output<typeof lookaheadSchema>;

const progressiveResizingSchema = group({
  scale: number({ from: 0.5, below: 1 }).describe(
    "Size of the first epochs' images, as a share of the full size.",
  ),
  epochs: wholeNumber(1).describe('How many epochs train on smaller images.'),
  by: oneOf(['resize', 'crop'])
    .default('resize')
    .describe('Whether whole images are scaled down, or their middle is cut out.'),
});

/** How the first epochs' images are made smaller. */
export type ProgressiveResizingSettings = z.output<typeof progressiveResizingSchema>;

export const whiteningSchema = group({
  images: wholeNumber(1)
    .default(5000)
    .describe('Training images, the first ones, whose patches are whitened.'),
  epsilon: rate()
    .default(5e-4)
    .describe('Added to each eigenvalue, so that rare differences are not blown up.'),
});

/** Settings of `whiten`. */
export type WhiteningSettings = z.output<typeof whiteningSchema>;

/** How a network is trained, whatever it is and whatever goes into it. */
export const trainingFields = {
  epochs: wholeNumber(1).default(15).describe('Passes over the training images.'),
  optimizer: optimizerSchema.prefault({ name: 'adam' }).describe('How gradients change the weights.'),
  schedule: scheduleSchema
    .prefault({ name: 'constant' })
    .describe('How the learning rate changes during training.'),
  classWeights: z
    .union([z.literal('balanced'), z.array(number({ from: 0 })).readonly()], {
      error: '"balanced", or a list of numbers of 0 or more, one per class',
    })
    .nullable()
    .default(null)
    .describe('What the loss of each class is multiplied by; "balanced" makes rare classes count as much.'),
  labelSmoothing: labelSmoothing(0),
  clipNorm: rate()
    .nullable()
    .default(null)
    .describe('Scale the gradients of all weights down together where their norm is over this.'),
  ema: decay()
    .nullable()
    .default(null)
    .describe('Decay of a moving average of the weights, which is then what is validated and kept.'),
  lookahead: lookaheadSchema
    .nullable()
    .default(null)
    .describe('Go on from a moving average of all weights, every few steps and after each epoch.'),
  freeze: z
    .string('the name of a layer')
    .nullable()
    .default(null)
    .describe('Do not train the layers up to and including the one of this name.'),
  freezeAfter: z
    .record(z.string(), number({ over: 0 }))
    .nullable()
    .default(null)
    .describe('After how many epochs layers stop training, by their names: { conv1: 3 }.'),
  layerDecay: layerDecay(1),
  progressiveResizing: progressiveResizingSchema
    .nullable()
    .default(null)
    .describe('Train the first epochs on smaller images, which takes less time.'),
  monitor: monitor('valAccuracy').describe('The metric that decides which epoch is the best.'),
  keep: oneOf(['best', 'last'])
    .default('best')
    .describe('Which weights to keep: those of the best epoch on validation, or of the last.'),
};

export const trainingSchema = z.object(trainingFields);

/** How to train a network; what is left out has its default. */
export type TrainingConfig = z.input<typeof trainingSchema>;
export type TrainingSettings = z.output<typeof trainingSchema>;
