/**
 * CIFAR-10 from scratch on a processor, with the recipe of airbench94: to 94% in ten epochs; to 90% in five epochs of a
 * network little more than half as wide, in batches of 500, which is sooner than three epochs of the whole one (89.5%).
 * The first two of these see 25x25 pixels, which is 3x3 before the last pooling, as 32x32 is.
 * Source: Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU (2024).
 *
 * Its batch of 1,024 is 1,000 here, so that an epoch is 50 equal steps. Its learning rate is for a sum over 1,024 images
 * and for steps as long as gradients; Nesterov momentum m makes them 1 + 1 / (1 - m) times as long.
 */
import { airbenchOf } from '@sightline/models';
import { defineConfig, defineExperiment } from 'sightline';

const MOMENTUM = 0.85;
const STEP = 1024 * (1 + 1 / (1 - MOMENTUM));
/** What a step takes away of each weight is this much of its rate. */
const DECAY = 0.0153 / 11.5;

const airbench = (batchSize: number) =>
  defineExperiment({
    network: 'airbench',
    imageSize: [32, 32],
    interpolation: 'nearest',
    batchSize,
    optimizer: {
      name: 'sgd',
      learningRate: (11.5 * batchSize) / STEP,
      momentum: MOMENTUM,
      nesterov: true,
      weightDecay: DECAY,
      offsetRate: 64,
    },
    schedule: { name: 'triangular', start: 0.2, peak: 0.23, end: 0.07 },
    labelSmoothing: 0.2,
    augmentation: { alternatingFlip: true, translation: 2, fill: 'reflect' },
    whitening: { images: 5000, epsilon: 5e-4 },
    views: 6,
    keep: 'last',
  });

export default defineConfig({
  data: 'data',
  seed: 1,
  experiments: {
    'to-90': defineExperiment({
      ...airbench(500),
      network: airbenchOf(36),
      epochs: 5,
      freezeAfter: { conv1: 1 },
      lookahead: { every: 5, decay: 0.95, power: 3, startEpochs: 1 },
      progressiveResizing: { scale: 25 / 32, epochs: 2, by: 'crop' },
    }),
    'to-94': defineExperiment({
      ...airbench(1000),
      epochs: 10,
      freezeAfter: { conv1: 3 },
      lookahead: { every: 5, decay: 0.95, power: 3, startEpochs: 3 },
    }),
  },
});
