// What `npm run peers` trains: the three kinds of network at a learning rate at which a few epochs tell the classes
// apart, since a network that has collapsed to one class would pass any comparison of scores.

import { defineConfig, defineExperiment } from 'sightline';

const image = defineExperiment({
  network: 'baseline',
  imageSize: [64, 64],
  interpolation: 'nearest',
  epochs: 4,
  batchSize: 64,
  optimizer: { name: 'adam', learningRate: 0.001 },
});

export default defineConfig({
  classes: ['other', 'car'],
  seed: 1,
  experiments: {
    baseline: image,
    augmentation: { ...image, augmentation: { horizontalFlip: true, rotation: 20, fill: 'nearest' } },
    'vgg16-backend': defineExperiment({
      network: 'dense-backend',
      backbone: 'vgg16',
      imageSize: [64, 64],
      interpolation: 'nearest',
      epochs: 2,
      batchSize: 32,
      optimizer: { name: 'adam', learningRate: 0.001 },
    }),
  },
});
