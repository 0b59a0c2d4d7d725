// Whitening: a first convolution whose outputs are uncorrelated on the images that it is set by. Its kernels are the
// eigenvectors of the patches' second moments, each over the root of its eigenvalue, and their negatives.
// Source: Page, How to Train Your ResNet 8: Bag of Tricks (2019); Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU
// (2024), section 3.2.

import { SightlineError } from '@sightline/core';
import type { BatchSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { eigenvectors } from './eigenvectors.ts';
import type { WhiteningSettings } from './settings.ts';

/**
 * Sets the kernel of the network's first convolution to whitening patches of the first images of `source`, and freezes
 * it until what is returned is called; its bias, if it has one, goes on training. The source's batches of epoch 0 are
 * read: give it without shuffling and augmentation.
 *
 * @throws SightlineError `network` where the number of filters is not twice the size of a patch
 */
export async function whiten(
  model: tfl.LayersModel,
  source: BatchSource,
  { images, epsilon }: WhiteningSettings,
): Promise<() => void> {
  const { layer, kernel } = firstConvolution(model);
  const [height, width, channels] = kernel.shape as [number, number, number, number];
  const size = height * width * channels;
  const before =
    layer.input === model.inputs[0]
      ? undefined
      : tfl.model({ inputs: model.inputs, outputs: layer.input as tfl.SymbolicTensor });
  const moments = new Float64Array(size * size);
  let [read, patches] = [0, 0];
  for await (const { x, shape, size: rows } of source.batches(0)) {
    const used = Math.min(rows, images - read);
    const length = shape.slice(1).reduce((n, dim) => n * dim, 1);
    const input = tf.tensor4d(x.slice(0, used * length), [used, ...shape.slice(1)] as Shape);
    const maps = before ? (before.predict(input) as tf.Tensor4D) : input;
    patches += addMoments(maps.dataSync() as Float32Array, maps.shape, [height, width], moments);
    tf.dispose([input, maps]);
    read += used;
    if (read === images) break;
  }
  const whitened = whiteningKernel(
    moments.map((sum) => sum / patches),
    size,
    epsilon,
  );
  const tensor = tf.tensor(whitened, kernel.shape as number[]);
  kernel.write(tensor);
  tensor.dispose();
  kernel.trainable = false;
  return () => {
    kernel.trainable = true;
  };
}

type Shape = [number, number, number, number];

function firstConvolution(model: tfl.LayersModel) {
  const layer = model.layers.find((candidate) => candidate.getClassName() === 'Conv2D');
  if (!layer) {
    throw new SightlineError('network', `The network ${model.name} has no convolution to whiten.`);
  }
  const kernel = layer.weights.find(({ originalName }) => originalName.endsWith('kernel'))!;
  const [height, width, channels, filters] = kernel.shape as Shape;
  const expected = 2 * height * width * channels;
  if (filters !== expected) {
    throw new SightlineError(
      'network',
      `Whitening patches of ${height}x${width}x${channels} takes ${expected} filters, but the layer ${layer.name} has ${filters}.`,
    );
  }
  return { layer, kernel };
}

/** Adds the second moments of all patches of maps (N, H, W, C), in the order of a kernel's axes; returns their number. */
function addMoments(
  data: Float32Array,
  [n, height, width, channels]: Shape,
  [rows, columns]: readonly [number, number],
  moments: Float64Array,
): number {
  const size = rows * columns * channels;
  const patch = new Float64Array(size);
  const run = columns * channels;
  let patches = 0;
  for (let image = 0; image < n; image++) {
    for (let y = 0; y + rows <= height; y++) {
      for (let x = 0; x + columns <= width; x++) {
        for (let row = 0; row < rows; row++) {
          const from = ((image * height + y + row) * width + x) * channels;
          for (let i = 0; i < run; i++) patch[row * run + i] = data[from + i]!;
        }
        // The lower half: the matrix is symmetric.
        for (let i = 0; i < size; i++)
          for (let j = 0; j <= i; j++) moments[i * size + j]! += patch[i]! * patch[j]!;
        patches++;
      }
    }
  }
  for (let i = 0; i < size; i++)
    for (let j = i + 1; j < size; j++) moments[i * size + j] = moments[j * size + i]!;
  return patches;
}

/** (size, 2 size): eigenvectors v of the moments over sqrt(eigenvalue + epsilon), by falling eigenvalue, then their negatives. */
function whiteningKernel(moments: Float64Array, size: number, epsilon: number): Float32Array {
  const kernel = new Float32Array(size * 2 * size);
  eigenvectors(moments, size).forEach(({ value, vector }, k) => {
    vector.forEach((v, i) => {
      const scaled = v / Math.sqrt(value + epsilon);
      kernel[i * 2 * size + k] = scaled;
      kernel[i * 2 * size + size + k] = -scaled;
    });
  });
  return kernel;
}
