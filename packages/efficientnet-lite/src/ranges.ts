// Ranges of activations for int8. They are fixed, so that features do not depend on the images at hand: the mean over
// photographs (flowers, groceries) of each activation's smallest and largest value in an image. Percentiles, absolute
// extremes and least squared error gave the same accuracies. `tooling/fixtures/efficientnet_lite.py ranges` makes them.

import type { Ranges } from '@sightline/backbone';

/** Linear convolutions and residual sums of EfficientNet-Lite0 at 224x224. Other activations end in ReLU6: [0, 6]. */
export const PHOTO_RANGES: Ranges = {
  'blocks.0.project': [-30.13, 37.0],
  'blocks.1.project': [-40.27, 49.81],
  'blocks.2.project': [-38.3, 41.41],
  'blocks.2': [-50.12, 52.24],
  'blocks.3.project': [-32.82, 38.4],
  'blocks.4.project': [-23.82, 21.2],
  'blocks.4': [-38.56, 42.14],
  'blocks.5.project': [-27.26, 28.59],
  'blocks.6.project': [-16.65, 14.54],
  'blocks.6': [-27.47, 28.68],
  'blocks.7.project': [-12.18, 11.34],
  'blocks.7': [-28.28, 29.75],
  'blocks.8.project': [-29.27, 27.98],
  'blocks.9.project': [-15.79, 13.58],
  'blocks.9': [-30.69, 29.8],
  'blocks.10.project': [-14.88, 11.82],
  'blocks.10': [-33.85, 31.76],
  'blocks.11.project': [-25.19, 24.24],
  'blocks.12.project': [-11.75, 14.19],
  'blocks.12': [-26.13, 26.21],
  'blocks.13.project': [-10.87, 12.1],
  'blocks.13': [-28.59, 29.39],
  'blocks.14.project': [-9.91, 11.23],
  'blocks.14': [-31.04, 32.18],
  'blocks.15.project': [-11.86, 11.96],
};
