// The kernels that look at the image itself: those of a network's first convolution.

import type * as tfl from '@tensorflow/tfjs-layers';

export interface Kernels {
  /** [height, width, channels, filters], as TensorFlow lays kernels out. */
  readonly shape: [number, number, number, number];
  readonly data: Float32Array;
}

/** A copy of the first Conv2D's kernels; undefined for a network that has none. */
export function firstKernels(model: tfl.LayersModel): Kernels | undefined {
  const conv = model.layers.find((layer) => layer.getClassName() === 'Conv2D');
  const kernel = conv?.weights[0]?.read();
  return kernel && { shape: kernel.shape as Kernels['shape'], data: Float32Array.from(kernel.dataSync()) };
}
