/** The classifiers on top of VGG16's features: a linear one of 200 classes, and its own dense layers for 1,000. */

import { type ClassName, constantOf, feedOf, type Tensors, type Top } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { op } from '@sightline/onnx';
import { head200, loadHead200Classes } from '@sightline/vgg16-weights';
import { denseLayersOf, TOP_IMAGE_SIZE } from './architecture.ts';
import type { DenseLayout, Weights } from './source/source.ts';
import type { TopName } from './weights.ts';

const CLASSES = denseLayersOf().at(-1)!.units;

export async function topOf(
  name: TopName,
  weights: Weights,
  classNames: readonly ClassName[] | undefined,
): Promise<Top | undefined> {
  if (classNames && (name !== 'imagenet' || classNames.length !== CLASSES)) {
    throw new SightlineError(
      'input',
      `Class names are ${CLASSES}, for top: 'imagenet', but got ${classNames.length} for top: '${name}'.`,
    );
  }
  if (name === 'none') return undefined;
  if (name === 'head200') return linearTop(weights.tensors, await loadHead200Classes());
  const classes = Array.from({ length: CLASSES }, (_, i) => classNames?.[i] ?? { name: `class ${i}` });
  return denseTop(weights.tensors, weights.dense!, classes);
}

/** Features (N, 4, 4, 512), averaged over 2x2, flattened (row, column, channel), linear. */
const linearTop = (tensors: Tensors, classes: readonly ClassName[]): Top => ({
  classes,
  imageSize: head200.inputSize,
  cropFraction: 1,
  append(g, features) {
    g.scope = 'head';
    const [, height, width, channels] = features.shape as [string, number, number, number];
    const windows = op.reshape(g, features, ['N', height / 2, 2, width / 2, 2, channels]);
    const flat = op.reshape(g, op.reduceMean(g, windows, [2, 4]), ['N', (height * width * channels) / 4]);
    const [weight, bias] = ['head.weight', 'head.bias'].map((name) => constantOf(g, tensors.get(name)!));
    return op.gemm(g, flat, weight!, bias, { transB: true });
  },
});

/** Features (N, 7, 7, 512), flattened in the order of the weights, and three dense layers: 500 MB, which are fed. */
const denseTop = (
  tensors: Tensors,
  { flatten, kernel }: DenseLayout,
  classes: readonly ClassName[],
): Top => ({
  classes,
  imageSize: TOP_IMAGE_SIZE,
  append(g, features, options) {
    g.scope = 'top';
    const feed = feedOf(g, options);
    const ordered = flatten === 'NCHW' ? op.transpose(g, features, [0, 3, 1, 2]) : features;
    const layers = denseLayersOf();
    let x = op.reshape(g, ordered, ['N', layers[0]!.inputs]);
    layers.forEach(({ name }, i) => {
      const [weight, bias] = ['weight', 'bias'].map((kind) => `${name}.${kind}`);
      const [w, b] = [feed(weight!, tensors.get(weight!)!), feed(bias!, tensors.get(bias!)!)];
      x = op.gemm(g, x, w, b, { transB: kernel === 'OI' });
      if (i < layers.length - 1) x = op.relu(g, x);
    });
    return x;
  },
});
