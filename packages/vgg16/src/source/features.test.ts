// Whole networks with the embedded weights, written as files of the other sources. Keras' answers are those of
// tooling/fixtures/vgg16/make_fixture.py.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Backbone,
  calibrate,
  firstKernels,
  floats,
  type OpenOptions,
  openBackbone,
  readSafetensors,
  type Size,
} from '@sightline/backbone';
import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import * as h5 from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layersOf } from '../architecture.ts';
import { loadVgg16 } from '../vgg16.ts';
import { loadWeights } from '../weights.ts';
import type { Weights } from './source.ts';

const { tensors: fixture } = readSafetensors(
  await readFile(new URL('../keras.safetensors', import.meta.url)),
  'fixture',
);
const images = fixture.get('images')!.data as Uint8Array;
const embedded = await loadWeights('embedded', 'none');

const SIZE: Size = [64, 64];

/** Three images of a size of up to 64x64. */
const pixelsOf = ([height, width]: Size) => images.subarray(0, 3 * height * width * 3);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vgg16-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** VGG16 with these weights, loaded once. */
const loaded = new Map<string, Promise<Backbone>>();
function load(weights: string): Promise<Backbone> {
  const known = loaded.get(weights) ?? loadVgg16({ weights });
  loaded.set(weights, known);
  return known;
}

async function features(weights: string, options: OpenOptions = {}): Promise<Float32Array> {
  const vgg16 = await openBackbone(await load(weights), {
    imageSize: SIZE,
    providers: ['cpu'],
    ...options,
  });
  const result = await vgg16.features(pixelsOf(vgg16.imageSize), 3);
  vgg16.release();
  return result;
}

const rangesWith = async (weights: string, imageSize = SIZE) =>
  calibrate(await load(weights), pixelsOf(imageSize), 3, { imageSize });

const kernelsOf = async (weights: string) => firstKernels(await load(weights));

/** The largest difference, and the root mean square of them all, over that of what is expected. */
function errors(found: Float32Array, expected: Float32Array) {
  expect(found).toHaveLength(expected.length);
  const differences = expected.map((v, i) => found[i]! - v);
  const largest = (values: Float32Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const squares = (values: Float32Array) => values.reduce((sum, v) => sum + v * v, 0);
  return {
    largest: largest(differences) / largest(expected),
    rms: Math.sqrt(squares(differences) / squares(expected)),
  };
}

/** As keras-applications' files: kernels (row, column, channel, filter), and the first of them over BGR. */
async function writeKeras(path: string, { tensors }: Weights): Promise<void> {
  await h5.ready;
  const file = new h5.File(path, 'w');
  for (const layer of layersOf()) {
    if (layer.kind !== 'convolution') continue;
    const { name, channels, filters } = layer;
    const values = floats(tensors.get(`${name}.weight`)!);
    const kernel = values.map((_, i) => {
      const [f, c, place] = [
        i % filters,
        Math.floor(i / filters) % channels,
        Math.floor(i / (filters * channels)),
      ];
      const channel = name === 'block1_conv1' ? 2 - c : c;
      return values[(f * channels + channel) * 9 + place]!;
    });
    const group = file.create_group(name);
    const names = [`${name}_W_1:0`, `${name}_b_1:0`] as const;
    group.create_attribute('weight_names', [...names]);
    group.create_dataset({ name: names[0], data: kernel, shape: [3, 3, channels, filters] });
    group.create_dataset({ name: names[1], data: floats(tensors.get(`${name}.bias`)!), shape: [filters] });
  }
  file.close();
}

/** As the ONNX Model Zoo's: images (N, 3, H, W), Conv nodes with their tensors. */
async function writeOnnx(path: string, { tensors }: Weights): Promise<void> {
  const g = new GraphBuilder('mxnet_converted_model');
  let x = g.input('data', 'float32', ['N', 3, 224, 224]);
  const constant = (name: string) => {
    const tensor = tensors.get(name)!;
    return g.constant(floats(tensor), tensor.shape);
  };
  for (const { kind, name } of layersOf()) {
    x =
      kind === 'max-pooling'
        ? op.maxPool(g, x, { kernel: [2, 2], strides: [2, 2] })
        : op.relu(
            g,
            op.conv(g, x, constant(`${name}.weight`), constant(`${name}.bias`), { pads: [1, 1, 1, 1] }),
          );
  }
  g.output('features', x);
  await writeFile(path, encodeModel(g.build()));
}

describe('Keras’ weights, which expect bytes less means from B to R', () => {
  let weights: string;
  beforeAll(async () => {
    weights = join(folder, 'notop.h5');
    await writeKeras(weights, embedded);
  });
  const keras = floats(fixture.get('caffe_features')!);

  // Relative to the largest feature, 800: two float32 implementations differ by 1e-6, Winograd's by a few times that.
  it.each([
    ['Conv nodes', 8, 1e-5],
    ['Winograd', 16, 5e-5],
  ] as const)('give its features: %s', async (_, batchSize, tolerance) => {
    expect(errors(await features(weights, { batchSize }), keras).largest).toBeLessThan(tolerance);
  });

  it('give its features to a few percent in 8 bits', async () => {
    const { rms } = errors(await features(weights, { ranges: await rangesWith(weights) }), keras);
    expect(rms).toBeGreaterThan(0.001);
    expect(rms).toBeLessThan(0.08);
  });

  it('show their first kernels as RGB', async () => {
    expect(await kernelsOf(weights)).toEqual(await kernelsOf('embedded'));
  });
});

describe('an ONNX file with the embedded weights', () => {
  it('gives the same kernels, features and features in 8 bits', async () => {
    const weights = join(folder, 'zoo.onnx');
    await writeOnnx(weights, embedded);
    expect(await kernelsOf(weights)).toEqual(await kernelsOf('embedded'));
    // The same bytes as smaller images: the weights are compared here, not the network.
    const imageSize: Size = [32, 32];
    expect(await features(weights, { imageSize })).toEqual(await features('embedded', { imageSize }));
    const ranges = await rangesWith(weights, imageSize);
    expect(await features(weights, { imageSize, ranges })).toEqual(
      await features('embedded', { imageSize, ranges }),
    );
  });
});

describe('a top', () => {
  it('for 1,000 classes needs weights that have it', async () => {
    const without = loadVgg16({ top: 'imagenet' });
    await expect(without).rejects.toMatchObject({ code: 'weights' });
    await expect(without).rejects.toThrow(/holds no top for 1,000 classes: give .*kernels\.h5 or .*onnx\.$/);
  });

  it('for 200 classes belongs to the embedded weights', async () => {
    const mixed = loadVgg16({ weights: 'vgg16-12.onnx', top: 'head200' });
    await expect(mixed).rejects.toMatchObject({ code: 'weights' });
    await expect(mixed).rejects.toThrow(/^The head for 200 classes was trained on the embedded weights/);
  });

  it('has class names of its own unless it is the top for 1,000 classes', async () => {
    const named = loadVgg16({ top: 'head200', classNames: [{ name: 'goldfish' }] });
    await expect(named).rejects.toThrow(
      "Class names are 1000, for top: 'imagenet', but got 1 for top: 'head200'.",
    );
  });
});
