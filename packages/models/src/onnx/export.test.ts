// Exported models run by ONNX Runtime, against the same layers on TensorFlow.js' cpu backend.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backbone, openBackbone } from '@sightline/backbone';
import { patternImages } from '@sightline/backbone/conformance';
import { decodeModel, encodeModel, GraphBuilder, op, readUntrusted } from '@sightline/onnx';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { perClass } from '@sightline/metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE_NAMES, loadBackbone } from '../backbones.ts';
import { selectEngine } from '../engine/select.ts';
import { buildNetwork } from '../networks/build-network.ts';
import { exportOnnx } from './export.ts';
import { checkOnnx, exportChecked } from './export-checked.ts';
import { openOnnx } from './open.ts';

beforeAll(() => selectEngine('cpu'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const L = tfl.layers;
const SIZE = [9, 10] as [number, number];

function pixels(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
}

/** Weights that nothing is symmetric in, moving variances kept positive. */
function disturb(model: tfl.LayersModel): void {
  model.weights.forEach((weight, k) => {
    const values = Float32Array.from(weight.read().dataSync(), (v, i) => v + 0.3 * Math.sin(i * 1.7 + k));
    if (weight.originalName.endsWith('moving_variance'))
      for (const [i, v] of values.entries()) values[i] = Math.abs(v) + 0.1;
    weight.write(tf.tensor(values, weight.shape as number[]));
  });
}

async function differs(model: tfl.LayersModel, names: string[], size: [number, number]): Promise<number> {
  disturb(model);
  const shape = [5, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const rows = pixels(shape.reduce((a, b) => a * b, 1));
  const metadata = { classes: names, imageSize: size };
  const x = tf.tensor(
    Float32Array.from(rows, (v) => v / 255),
    shape,
  );
  const output = model.apply(x) as tf.Tensor;
  const probabilities = perClass(output.dataSync() as Float32Array, output.shape[1]!);
  const { bytes, difference } = await exportChecked(model, metadata, { pixels: rows, probabilities });
  // What is let in of files of unknown origin must hold all that is exported.
  readUntrusted(bytes);
  return difference;
}

test('the baseline, with its classes and preprocessing inside', async () => {
  const model = await buildNetwork('baseline', [32, 32, 3], 2, 1);
  expect(await differs(model, ['other', 'car'], [32, 32])).toBeLessThan(1e-5);
  const metadata = {
    classes: ['other', 'car'],
    imageSize: [32, 32] as [number, number],
    fit: 'crop' as const,
  };
  const onnx = decodeModel(await exportOnnx(model, metadata));
  expect(onnx.graph.inputs).toMatchObject([{ name: 'image', dtype: 'uint8', shape: ['N', 32, 32, 3] }]);
  expect(onnx.graph.outputs).toMatchObject([{ name: 'probabilities', dtype: 'float32', shape: ['N', 2] }]);
  expect(onnx.metadata).toEqual({
    format: '2',
    classes: '["other","car"]',
    imageSize: '[32,32]',
    fit: 'crop',
  });
});

describe.each(BACKBONE_NAMES)('a network on features of %s', (name) => {
  const imageSize: [number, number] = [64, 64];
  const metadata = { classes: ['a', 'b', 'c'], imageSize, backbone: name };
  const images = patternImages(3, imageSize);
  let backbone: Backbone;
  beforeAll(async () => {
    backbone = await loadBackbone(name);
  });

  test('is exported with its backbone, from pixels on', async () => {
    const network = featureHead(backbone.featureShape(imageSize));
    const probabilities = await ownProbabilities(backbone, network, images, 3);
    // The three images have different probabilities, none of them extreme.
    expect(Math.max(...probabilities)).toBeLessThan(0.99);
    const { bytes, difference } = await exportChecked(
      network,
      metadata,
      { pixels: images, probabilities },
      { backbone },
    );
    expect(difference).toBeLessThan(1e-4);

    const onnx = decodeModel(bytes);
    expect(onnx.graph.inputs).toMatchObject([{ name: 'image', dtype: 'uint8', shape: ['N', 64, 64, 3] }]);
    expect(onnx.metadata.backbone).toBe(name);
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    const classifier = await openOnnx(path);
    expect(classifier).toMatchObject({ metadata, takesFeatures: false });
    const found = await classifier.probabilities(images, [3, ...imageSize, 3]);
    classifier.release();
    expect([...found]).toEqual(Array.from(probabilities, (p) => expect.closeTo(p, 4)));
  });

  test('needs that backbone, and its size of images', async () => {
    const network = featureHead(backbone.featureShape(imageSize));
    await expect(exportOnnx(network, metadata)).rejects.toThrow(
      `features of ${name}: pass this backbone, not none`,
    );
    const other = { ...metadata, imageSize: [64, 96] as [number, number] };
    if (backbone.featureShape(imageSize).length === 3) {
      await expect(exportOnnx(network, other, { backbone })).rejects.toThrow(
        /takes \[2, 2, 512\] per image, but got \[2, 3, 512\]/,
      );
    }
  });
});

/** What a network on a backbone's features gives for images, without an export. */
async function ownProbabilities(
  backbone: Backbone,
  network: tfl.LayersModel,
  images: Uint8Array,
  count: number,
): Promise<Float32Array> {
  const opened = await openBackbone(backbone, { imageSize: [64, 64], providers: ['cpu'] });
  const features = await opened.features(images, count);
  const output = network.apply(tf.tensor(features, [count, ...opened.featureShape])) as tf.Tensor;
  opened.release();
  return output.dataSync() as Float32Array;
}

test('a network is exported in fewer bits, its backbone included', async () => {
  const imageSize: [number, number] = [64, 64];
  const name = 'efficientnet-lite0';
  const metadata = { classes: ['a', 'b', 'c'], imageSize, backbone: name };
  const images = patternImages(3, imageSize);
  const backbone = await loadBackbone(name);
  const network = featureHead(backbone.featureShape(imageSize));
  const probabilities = await ownProbabilities(backbone, network, images, 3);
  const exported = await Promise.all(
    (['fp16', 'int8'] as const).map((precision) =>
      exportChecked(network, metadata, { pixels: images, probabilities }, { backbone, precision }),
    ),
  );
  const [half, bytes] = exported.map(({ bytes }) => bytes.length);
  expect(bytes! / half!).toBeLessThan(0.6);
  for (const { bytes } of exported) readUntrusted(bytes);
  const [fp16, int8] = exported.map(({ difference }) => difference);
  expect(fp16).toBeLessThan(1e-3);
  // Logits of small spread: what 8 bits change is a tenth of what tells the images apart.
  expect(int8).toBeLessThan(0.02);
  expect(int8).toBeGreaterThan(fp16!);
});

test('8 bits that lose images are refused', async () => {
  const model = await buildNetwork('baseline', [32, 32, 3], 2, 1);
  disturb(model);
  const count = 40;
  const images = pixels(count * 32 * 32 * 3);
  // Dark images are of one class: what is calibrated on them alone sees no other.
  const metadata = { classes: ['dark', 'bright'], imageSize: [32, 32] as [number, number] };
  images.forEach((value, i) => {
    if (i < images.length / 2) images[i] = value / 8;
  });
  const x = tf.tensor(
    Float32Array.from(images, (v) => v / 255),
    [count, 32, 32, 3],
  );
  const probabilities = perClass((model.apply(x) as tf.Tensor).dataSync() as Float32Array, 1);
  const options = { precision: 'int8' } as const;
  const { accuracy } = await exportChecked(model, metadata, { pixels: images, probabilities }, options);
  expect(accuracy.file).toBeGreaterThan(0.9);
  const calibration = new Uint8Array(32 * 32 * 3).fill(1);
  await expect(
    exportChecked(model, metadata, { pixels: images, probabilities }, { ...options, calibration }),
  ).rejects.toThrow(/In 8 bits the model has \d+ fewer of 40 images right/);
});

/** A small network on features, with weights that do not make its probabilities extreme. */
function featureHead(shape: readonly number[]): tfl.LayersModel {
  const size = shape.reduce((a, b) => a * b, 1);
  const input = tfl.input({ shape: [...shape] });
  const flat = shape.length === 1 ? input : apply(L.flatten(), input);
  const outputs = apply(L.dense({ units: 3, activation: 'softmax' }), flat);
  const network = tfl.model({ inputs: input, outputs });
  const kernel = Float32Array.from({ length: size * 3 }, (_, i) => Math.sin(i * 1.7) / size);
  network.setWeights([tf.tensor(kernel, [size, 3]), tf.tensor1d([0.1, 0, -0.1])]);
  return network;
}

test('an export of the first edition, whose input are features, is read', async () => {
  const g = new GraphBuilder('first');
  const features = g.input('features', 'float32', ['N', 2, 2, 1]);
  g.output('probabilities', op.softmax(g, op.reshape(g, features, ['N', 4]), 1));
  const metadata = {
    classes: '["a","b","c","d"]',
    input: 'vgg16-features',
    imageSize: '[64,64]',
    levels: 'unit',
  };
  const path = join(folder, 'first.onnx');
  await writeFile(path, encodeModel(g.build({ metadata })));
  const classifier = await openOnnx(path);
  expect(classifier.takesFeatures).toBe(true);
  expect(classifier.metadata).toEqual({
    classes: ['a', 'b', 'c', 'd'],
    imageSize: [64, 64],
    backbone: 'vgg16',
    inputRange: '0-1',
  });
  const found = await classifier.probabilities(Float32Array.of(0, 0, 0, Math.log(3)), [1, 2, 2, 1]);
  expect([...found]).toEqual([1 / 6, 1 / 6, 1 / 6, 1 / 2].map((p) => expect.closeTo(p, 6)));
  classifier.release();
});

test('metadata of Sightline in a graph that takes or gives something else are refused with a sentence', async () => {
  const path = join(folder, 'other.onnx');
  const write = async (dtype: 'float32' | 'uint8', output: string) => {
    const g = new GraphBuilder('other');
    const image = op.cast(g, g.input('image', dtype, ['N', 1, 1, 3]), 'float32');
    g.output(output, op.softmax(g, op.reshape(g, image, ['N', 3]), 1));
    const metadata = { classes: '["a","b"]', imageSize: '[1,1]' };
    await writeFile(path, encodeModel(g.build({ metadata })));
  };
  await write('float32', 'probabilities');
  await expect(openOnnx(path)).rejects.toThrow(/takes "image" \(float32 N x 1 x 1 x 3\) .* export it again/);
  await write('uint8', 'scores');
  await expect(openOnnx(path)).rejects.toThrow(
    /gives "scores" \(float32 N x 3\), but its metadata are those of/,
  );
  await write('uint8', 'probabilities');
  const three = await openOnnx(path);
  await expect(three.probabilities(new Uint8Array(6), [2, 1, 1, 3])).rejects.toThrow(
    /gives float32 2 x 3: expected 2 x 2 probabilities/,
  );
  three.release();
});

test('a file that is cut off or of another origin is refused', async () => {
  const path = join(folder, 'foreign.onnx');
  const g = new GraphBuilder('foreign');
  g.output('y', op.relu(g, g.input('x', 'float32', [1])));
  await writeFile(path, encodeModel(g.build()));
  await expect(openOnnx(path)).rejects.toThrow(
    /does not say in its metadata how images go into it \(classes/,
  );
  await writeFile(path, encodeModel(g.build()).subarray(0, 40));
  await expect(openOnnx(path)).rejects.toThrow(/is not a whole ONNX model/);
  await expect(openOnnx(join(folder, 'none.onnx'))).rejects.toThrow(/none\.onnx: there is no such file/);
});

const head = (x: tfl.SymbolicTensor) =>
  L.dense({ units: 3, activation: 'softmax' }).apply(L.flatten().apply(x)) as tfl.SymbolicTensor;
type Body = (x: tfl.SymbolicTensor) => tfl.SymbolicTensor;
const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
  layer.apply(x) as tfl.SymbolicTensor;

const bodies: Record<string, Body> = {
  'same padding, stride 2': (x) =>
    apply(L.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }), x),
  'a wide kernel, dilated': (x) =>
    apply(
      L.conv2d({ filters: 4, kernelSize: [2, 3], dilationRate: 2, padding: 'same', activation: 'elu' }),
      x,
    ),
  'depthwise, then batch normalization and ReLU 6': (x) =>
    apply(
      L.reLU({ maxValue: 6 }),
      apply(
        L.batchNormalization(),
        apply(L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }), x),
      ),
    ),
  separable: (x) => apply(L.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 'same' }), x),
  'max pooling, same': (x) => apply(L.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x),
  'average pooling, same': (x) => apply(L.averagePooling2d({ poolSize: 2, padding: 'same' }), x),
  'zero padding and cropping': (x) =>
    apply(
      L.cropping2D({
        cropping: [
          [0, 1],
          [2, 0],
        ],
      }),
      apply(
        L.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 3],
          ],
        }),
        x,
      ),
    ),
  'a residual sum': (x) => {
    const y = apply(L.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'swish' }), x);
    return apply(L.leakyReLU({ alpha: 0.1 }), apply(L.add(), [x, y]));
  },
  'branches joined': (x) =>
    apply(L.concatenate(), [x, apply(L.conv2d({ filters: 2, kernelSize: 1, activation: 'tanh' }), x)]),
  'a product, a maximum and an average': (x) => {
    const y = apply(L.activation({ activation: 'sigmoid' }), x);
    return apply(L.average(), [apply(L.multiply(), [x, y]), apply(L.maximum(), [x, y])]);
  },
  'a dense layer over channels, then a new shape': (x) =>
    apply(L.reshape({ targetShape: [10, 9, 4] }), apply(L.dense({ units: 4, activation: 'softplus' }), x)),
  'global pooling': (x) =>
    apply(
      L.reshape({ targetShape: [1, 1, 6] }),
      apply(L.concatenate(), [apply(L.globalAveragePooling2d({}), x), apply(L.globalMaxPooling2d({}), x)]),
    ),
  'a model in a model': (x) => {
    const inner = tfl.sequential({
      layers: [L.conv2d({ filters: 3, kernelSize: 3, inputShape: [...SIZE, 3] }), L.dropout({ rate: 0.5 })],
    });
    return inner.apply(x) as tfl.SymbolicTensor;
  },
};

test.each(Object.keys(bodies))('%s', async (name) => {
  const input = tfl.input({ shape: [...SIZE, 3] });
  const model = tfl.model({ inputs: input, outputs: head(bodies[name]!(input)) });
  expect(await differs(model, ['a', 'b', 'c'], SIZE)).toBeLessThan(1e-5);
});

test('what cannot be exported is named', async () => {
  const input = tfl.input({ shape: [...SIZE, 3] });
  const upsampled = tfl.model({ inputs: input, outputs: head(apply(L.upSampling2d({ name: 'up' }), input)) });
  const metadata = { classes: ['a', 'b', 'c'], imageSize: SIZE };
  await expect(exportOnnx(upsampled, metadata)).rejects.toThrow(/up is a UpSampling2D/);
  const plain = tfl.model({ inputs: input, outputs: head(input) });
  await expect(exportOnnx(plain, { ...metadata, classes: ['a', 'b'] })).rejects.toThrow(
    /has 3 classes, but 2 names/,
  );
});

test('a model that differs from what it was exported from is refused', async () => {
  const model = await buildNetwork('baseline', [32, 32, 3], 2, 1);
  const metadata = { classes: ['other', 'car'], imageSize: [32, 32] as [number, number] };
  const bytes = await exportOnnx(model, metadata);
  const check = (probabilities: number[]) =>
    checkOnnx(bytes, metadata, {
      pixels: pixels(32 * 32 * 3),
      probabilities: Float32Array.from(probabilities),
    });
  await expect(check([1, 0])).rejects.toThrow(/differs from the trained one/);
  await expect(check([Number.NaN, Number.NaN])).rejects.toThrow(/by NaN in a probability/);
  await expect(check([1])).rejects.toThrow(/differs from the trained one/);
});
