// Inverted residual blocks (Sandler et al., MobileNetV2, 2018): an expansion, a depthwise convolution and a projection,
// whose wide maps are in blocks of channels.

import { channelBlock } from '@sightline/ort';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import { expectClose } from '../testing/against-cpu.ts';
import { numbers } from '../testing/numbers.ts';
import { BAND } from './image-bands.ts';

type Activation = (x: tf.Tensor) => tf.Tensor;

interface Block {
  /** The image, N, H, W, C. */
  readonly shape: readonly [number, number, number, number];
  readonly expanded: number;
  readonly stride: number;
  readonly activation: Activation;
}

const relu6: Activation = (x) => tf.clipByValue(tf.relu(x), 0, 6);

/** Numbers of which no sum is 0 or 6, where a derivative jumps. */
const values = (shape: readonly number[], seed: number): tf.Tensor =>
  tf.tensor(
    numbers(tf.util.sizeFromShape([...shape]), seed + 1).map((x) => 4 * x),
    [...shape],
  );

/** Result and gradients of a block by its image, kernels and biases. */
function gradients({ stride, activation }: Block) {
  const block = (...[x, expand, bias, depthwise, depthwiseBias, project]: tf.Tensor[]) => {
    const wide = activation(tf.add(tf.conv2d(x as tf.Tensor4D, expand as tf.Tensor4D, 1, 'same'), bias!));
    const conv = tf.depthwiseConv2d(wide as tf.Tensor4D, depthwise as tf.Tensor4D, stride, 'same');
    return tf.conv2d(
      activation(tf.add(conv, depthwiseBias!)) as tf.Tensor4D,
      project as tf.Tensor4D,
      1,
      'same',
    );
  };
  return (...inputs: tf.Tensor[]) => {
    const y = block(...inputs);
    return [y, ...tf.grads(block)(inputs, values(y.shape, 17))];
  };
}

const inputsOf = ({ shape, expanded }: Block): tf.Tensor[] => {
  const [, , , channels] = shape;
  const shapes = [
    shape,
    [1, 1, channels, expanded],
    [expanded],
    [3, 3, expanded, 1],
    [expanded],
    [1, 1, expanded, channels],
  ];
  return shapes.map((each, i) => values(each, i));
};

const arrays = (tensors: tf.Tensor[]) => tensors.map((t) => t.dataSync().slice() as Float32Array);

/** The same by the cpu backend and compiled; the listing of the compiled step's graph. */
async function compare(block: Block): Promise<string> {
  await tf.setBackend('cpu');
  const expected = tf.tidy(() => arrays(gradients(block)(...inputsOf(block))));
  await tf.setBackend('onnxruntime');
  const step = compile(gradients(block), { traceFirst: true });
  try {
    const got = arrays(step(...inputsOf(block)) as tf.Tensor[]);
    for (const [k, array] of got.entries()) expectClose(array, expected[k]!);
    return step.print();
  } finally {
    step.dispose();
  }
}

const band = BAND.bytes;
afterEach(() => {
  BAND.bytes = band;
});

describe('result and gradients equal the cpu backend of', () => {
  it.each<[string, Block, number?]>([
    ['a large map', { shape: [2, 18, 16, 16], expanded: 96, stride: 1, activation: relu6 }],
    ['a small map', { shape: [3, 6, 7, 8], expanded: 48, stride: 1, activation: relu6 }],
    ['strides', { shape: [2, 17, 17, 12], expanded: 36, stride: 2, activation: relu6 }],
    [
      'blocks that are not full, and ReLU',
      { shape: [2, 16, 17, 4], expanded: 20, stride: 1, activation: tf.relu },
    ],
    ['no activation', { shape: [2, 16, 16, 8], expanded: 32, stride: 1, activation: tf.clone }],
    ['another activation', { shape: [2, 16, 16, 8], expanded: 32, stride: 1, activation: tf.tanh }],
    ['channels that do not fit', { shape: [2, 16, 16, 3], expanded: 18, stride: 1, activation: relu6 }],
    ['a projection to more channels', { shape: [1, 16, 16, 40], expanded: 24, stride: 1, activation: relu6 }],
    ['one image a band', { shape: [3, 16, 16, 8], expanded: 48, stride: 1, activation: relu6 }, 1],
    [
      'bands of several sizes',
      { shape: [5, 16, 16, 8], expanded: 48, stride: 2, activation: relu6 },
      150_000,
    ],
  ])('%s', async (_, block, bytes = band) => {
    BAND.bytes = bytes;
    await compare(block);
  });
});

it('a bias of four axes is one number per filter all the same', async () => {
  const block = (...[x, filter, bias, depthwise]: tf.Tensor[]) => {
    const wide = tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: bias!,
      activation: 'relu',
    });
    return tf.depthwiseConv2d(wide, depthwise as tf.Tensor4D, 1, 'same');
  };
  const shapes = [
    [1, 6, 6, 8],
    [1, 1, 8, 32],
    [1, 1, 1, 32],
    [3, 3, 32, 1],
  ];
  const inputs = () => shapes.map((shape, i) => values(shape, i));
  await tf.setBackend('cpu');
  const expected = tf.tidy(() => arrays([block(...inputs())]));
  await tf.setBackend('onnxruntime');
  const step = compile(block, { traceFirst: true });
  expectClose(arrays([step(...inputs()) as tf.Tensor])[0]!, expected[0]!);
  step.dispose();
});

it.skipIf(channelBlock() === 0)('sorts narrow maps only', async () => {
  const listing = await compare({ shape: [2, 16, 16, 16], expanded: 64, stride: 1, activation: relu6 });
  const sorted = listing
    .split('\n')
    .filter((line) => /= \S*\.Reorder(In|Out)put\(/.test(line) && line.includes('16, 16'));
  expect(sorted.length).toBeGreaterThan(0);
  for (const line of sorted) expect(line).not.toContain('64');
});
