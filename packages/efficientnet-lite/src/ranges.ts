// Ranges of activations for int8, so that features do not depend on which images a user calibrates with: the mean over
// photographs of each one's smallest and largest value. `tooling/fixtures/efficientnet_lite/calibrate.ts` makes them.

import type { Ranges } from '@sightline/backbone';

/** Linear convolutions and residual sums of EfficientNet-Lite0 at 224x224. Other activations end in ReLU6: [0, 6]. */
export const PHOTO_RANGES: Ranges = {
  'blocks.0.project': [-30.69, 35.5],
  'blocks.1.project': [-40.49, 49.02],
  'blocks.2.project': [-38.3, 41.14],
  'blocks.2': [-50.97, 52.51],
  'blocks.3.project': [-32.34, 38.12],
  'blocks.4.project': [-24.01, 20.63],
  'blocks.4': [-38.17, 41.23],
  'blocks.5.project': [-26.86, 28.58],
  'blocks.6.project': [-16.59, 14.48],
  'blocks.6': [-26.7, 28.8],
  'blocks.7.project': [-12.1, 11.69],
  'blocks.7': [-27.98, 29.72],
  'blocks.8.project': [-30.31, 28.0],
  'blocks.9.project': [-15.61, 13.43],
  'blocks.9': [-31.21, 29.55],
  'blocks.10.project': [-14.93, 11.93],
  'blocks.10': [-34.43, 31.74],
  'blocks.11.project': [-25.11, 23.68],
  'blocks.12.project': [-11.64, 13.66],
  'blocks.12': [-26.03, 25.89],
  'blocks.13.project': [-10.6, 11.51],
  'blocks.13': [-28.21, 28.78],
  'blocks.14.project': [-9.67, 11.27],
  'blocks.14': [-30.66, 31.61],
  'blocks.15.project': [-11.83, 11.71],
};
