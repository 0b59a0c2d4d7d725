// The real WebGPU provider, on a software adapter where there is no GPU: SwiftShader, which Debian's chromium package
// brings (libvulkan1 loads it). Slow, so the network is small.

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { compile, type Provider, selectEngine } from '../index.ts';
import { providerFault } from './drivers/onnxruntime.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env.VK_DRIVER_FILES && existsSync(SWIFTSHADER)) process.env.VK_DRIVER_FILES = SWIFTSHADER;
process.env.XDG_RUNTIME_DIR ??= tmpdir();

async function losses(provider: Provider): Promise<number[]> {
  const engine = await selectEngine('onnxruntime', { provider });
  expect(engine.provider).toBe(provider);
  const [batch, size] = [4, 22];
  const seeded = (seed: number) => tfl.initializers.glorotUniform({ seed });
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        filters: 4,
        kernelSize: 5,
        strides: 3,
        activation: 'relu',
        inputShape: [size, size, 3],
        kernelInitializer: seeded(1),
      }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer: seeded(2) }),
    ],
  });
  const x = tf.tensor(
    Float32Array.from({ length: batch * size * size * 3 }, (_, i) => ((i * 7919) % 256) / 255),
    [batch, size, size, 3],
  );
  const y = tf.tensor(
    Float32Array.from({ length: batch }, (_, i) => i % 2),
    [batch, 1],
  );
  const optimizer = tf.train.adam(0.01);
  const step = compile((images: tf.Tensor, labels: tf.Tensor) => {
    const { value, grads } = tf.variableGrads(
      () => tf.losses.logLoss(labels, model.apply(images, { training: true }) as tf.Tensor) as tf.Scalar,
    );
    optimizer.applyGradients(grads as never);
    return value;
  });
  const results = Array.from({ length: 5 }, () => step(x, y).dataSync()[0]!);
  step.dispose();
  tf.disposeVariables();
  return results;
}

const fault = providerFault('webgpu');

it.skipIf(fault)(
  `a training step on webgpu equals cpu's${fault ? `: skipped, ${fault}` : ''}`,
  async () => {
    const cpu = await losses('cpu');
    const webgpu = await losses('webgpu');
    // Both compute in float32, in other orders.
    webgpu.forEach((loss, i) => {
      expect(Math.abs(loss - cpu[i]!)).toBeLessThan(1e-4);
    });
  },
  300_000,
);
