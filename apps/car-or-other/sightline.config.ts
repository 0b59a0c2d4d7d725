/**
 * The experiment *car or other*: 64 x 64 RGB images of two classes, and ways to tell them apart. The classes' order
 * makes `car` the one whose probability a network gives.
 *
 * `npm run train` trains the first four, which src/main-job.ts names; any other, and one that you add, by its name:
 * `npm run train -- --experiment residual`.
 */
import { defineConfig, defineExperiment } from 'sightline';

/** The reference experiments: images of their own size, and the weights of the last epoch, as they are given. */
const reference = { imageSize: [64, 64], interpolation: 'nearest', keep: 'last' } as const;

const baseline = defineExperiment({
  ...reference,
  network: 'baseline',
  epochs: 15,
  batchSize: 128,
  optimizer: { name: 'adam', learningRate: 0.01 },
});

/** Both larger networks are trained from scratch on few images, so each image is seen in many forms. */
const larger = {
  ...reference,
  batchSize: 32,
  optimizer: { name: 'adam', learningRate: 0.003 },
  schedule: { name: 'cosine', warmupEpochs: 1 },
  augmentation: { horizontalFlip: true, rotation: 10, fill: 'nearest' },
} as const;

export default defineConfig({
  data: 'data',
  classes: ['other', 'car'],
  // With Adam at 0.01 about one seed in four ends in a collapsed network; with this one none of the first three does.
  seed: 3,
  experiments: {
    baseline,
    augmentation: defineExperiment({
      ...baseline,
      augmentation: { horizontalFlip: true, rotation: 20, fill: 'nearest' },
    }),
    'vgg16-backend': defineExperiment({
      ...reference,
      network: 'dense-backend',
      backbone: 'vgg16',
      epochs: 10,
      batchSize: 32,
      optimizer: { name: 'adam', learningRate: 0.01 },
    }),
    // The default recipe of `sightline train`: logistic regression on the features of EfficientNet-Lite0 at 224x224.
    transfer: defineExperiment({}),
    // The same on VGG16's features, and then its last block is trained too: minutes, so `npm run train` leaves it out.
    'vgg16-finetune': defineExperiment({ backbone: 'vgg16', imageSize: [64, 64], fineTune: true }),
    residual: defineExperiment({ ...larger, network: 'residual', epochs: 15 }),
    depthwise: defineExperiment({ ...larger, network: 'depthwise', epochs: 30 }),
  },
});
