// The real WebGPU provider, on a software adapter where there is no GPU: SwiftShader, which Debian's chromium package
// brings (libvulkan1 loads it). Slow, so batches are small.

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { compile, type Provider, selectEngine } from '../index.ts';
import { providerFault } from './drivers/onnxruntime.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER)) process.env.VK_DRIVER_FILES = SWIFTSHADER;
process.env.XDG_RUNTIME_DIR ??= tmpdir();

const { layers } = tfl;
let seed = 0;
const seeded = () => tfl.initializers.glorotUniform({ seed: ++seed });
const l2 = () => tfl.regularizers.l2({ l2: 0.001 });
const conv = (filters: number, kernelSize: number, strides: number, options: object = {}) =>
  layers.conv2d({
    filters,
    kernelSize,
    strides,
    activation: 'relu',
    kernelRegularizer: l2(),
    kernelInitializer: seeded(),
    ...options,
  });
const dense = (units: number, options: object = {}) =>
  layers.dense({ units, kernelInitializer: seeded(), ...options });

interface Case {
  readonly shape: number[];
  readonly layers: () => tfl.layers.Layer[];
}

const BASELINE: Case = {
  shape: [64, 64, 3],
  layers: () => [
    conv(32, 5, 3, { inputShape: [64, 64, 3] }),
    layers.maxPooling2d({ poolSize: 2 }),
    conv(64, 3, 2),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    dense(128, { kernelRegularizer: l2() }),
    dense(1, { activation: 'sigmoid' }),
  ],
};

/** What the baseline has not: normalization, overlapping pools, depthwise convolutions, dropout, L1, other activations. */
const OTHERS: Case = {
  shape: [12, 12, 3],
  layers: () => [
    conv(4, 3, 1, { inputShape: [12, 12, 3], padding: 'same', useBias: false, activation: 'linear' }),
    layers.batchNormalization(),
    layers.reLU(),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.depthwiseConv2d({ kernelSize: 3, depthwiseInitializer: seeded(), activation: 'elu' }),
    layers.maxPooling2d({ poolSize: 3, strides: 1 }),
    layers.averagePooling2d({ poolSize: 2, strides: 1 }),
    layers.upSampling2d({ size: [2, 2] }),
    layers.globalAveragePooling2d({}),
    layers.dropout({ rate: 0.2, seed: 5 }),
    dense(6, { activation: 'selu', kernelRegularizer: tfl.regularizers.l1({ l1: 0.001 }) }),
    dense(1, { activation: 'sigmoid' }),
  ],
};

/** The losses of five compiled steps, and the nodes that the provider does not run itself. */
async function train(
  provider: Provider,
  { shape, layers }: Case,
): Promise<{ losses: number[]; strays: string[] }> {
  const engine = await selectEngine('onnxruntime', { provider });
  expect(engine.provider).toBe(provider);
  seed = 0;
  const model = tfl.sequential({ layers: layers() });
  const batch = 4;
  const pixels = Float32Array.from(
    { length: batch * tf.util.sizeFromShape(shape) },
    (_, i) => ((i * 7919) % 256) / 255,
  );
  const [x, y] = [tf.tensor(pixels, [batch, ...shape]), tf.tensor([0, 1, 0, 1], [batch, 1])];
  const optimizer = tf.train.adam(0.01);
  const step = compile(
    (images: tf.Tensor, labels: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(() => {
        const loss = tf.losses.logLoss(labels, model.apply(images, { training: true }) as tf.Tensor);
        return model.calculateLosses().reduce((sum, term) => tf.add(sum, term), loss) as tf.Scalar;
      });
      optimizer.applyGradients(grads as never);
      return value;
    },
    { seed: 1 },
  );
  const losses = Array.from({ length: 5 }, () => step(x, y).dataSync()[0]!);
  const strays = step
    .partition()
    .flatMap((nodes) =>
      nodes.filter((node) => node.provider !== provider).map(({ node, operator }) => `${node} (${operator})`),
    );
  step.dispose();
  tf.disposeVariables();
  return { losses, strays };
}

const fault = providerFault('webgpu');

describe.skipIf(fault)(`a compiled training step on webgpu${fault ? `: skipped, ${fault}` : ''}`, () => {
  for (const [name, given] of Object.entries({ 'the baseline': BASELINE, 'other layers': OTHERS })) {
    it(`${name}: equals cpu's, and none of its nodes falls back to cpu`, async () => {
      const cpu = await train('cpu', given);
      const webgpu = await train('webgpu', given);
      expect(webgpu.strays).toEqual([]);
      // Both compute in float32, in other orders.
      webgpu.losses.forEach((loss, i) => {
        expect(Math.abs(loss - cpu.losses[i]!)).toBeLessThan(1e-4);
      });
    }, 300_000);
  }

  it('the loss and the accuracy of many classes', async () => {
    const [rows, classes] = [6, 5];
    const figures = async (provider: Provider) => {
      await selectEngine('onnxruntime', { provider });
      const logits = tf.tensor(
        Float32Array.from({ length: rows * classes }, (_, i) => (i * 7) % 11),
        [rows, classes],
      );
      const labels = tf.tensor1d([0, 4, 2, 3, 1, 0], 'int32');
      const step = compile((x: tf.Tensor, y: tf.Tensor) => {
        const loss = (z: tf.Tensor) => tf.losses.softmaxCrossEntropy(tf.oneHot(y as tf.Tensor1D, classes), z);
        const right = tf.equal(tf.argMax(x, 1), y);
        return [tf.mean(tf.cast(right, 'float32')), tf.argMin(x, 1), tf.grad(loss)(x)];
      });
      for (let i = 0; i < 2; i++) step(logits, labels);
      const values = step(logits, labels).map((t) => Array.from(t.dataSync()));
      const strays = step.partition()[0]!.filter((node) => node.provider !== provider);
      step.dispose();
      return { values, strays };
    };
    const [cpu, webgpu] = [await figures('cpu'), await figures('webgpu')];
    expect(webgpu.strays).toEqual([]);
    webgpu.values.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(cpu.values.flat()[i]!, 5);
    });
  });
});
