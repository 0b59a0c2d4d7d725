// The real WebGPU provider, on a software adapter where there is no GPU. Slow, so batches are small.

import { useSoftwareGpu } from '@sightline/chromium/software-gpu';
import { type Provider, providerFault, Session } from '@sightline/ort';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { compile, useOnnxRuntime } from '../index.ts';
import { numbers } from '../testing/numbers.ts';
import { labelShape, NETWORKS, type Network, trainingStep } from '../testing/training-steps.ts';

useSoftwareGpu();

/** As small as their layers allow: SwiftShader is slow. */
const SMALL: Record<string, Network> = {
  baseline: { ...NETWORKS.baseline!, shape: [32, 32, 3], batch: 2 },
  'dense backend': { ...NETWORKS['dense backend']!, shape: [32], batch: 4 },
  residual: { ...NETWORKS.residual!, shape: [16, 16, 3], batch: 3 },
  'depthwise, ten classes': { ...NETWORKS['depthwise, ten classes']!, shape: [16, 16, 3], batch: 3 },
  'overlapping pools, dropout, noise, other activations': {
    ...NETWORKS['overlapping pools, dropout, noise, other activations']!,
    batch: 2,
  },
};

/** The losses of three compiled steps, and the nodes that the provider does not run itself. */
async function train(provider: Provider, network: Network): Promise<{ losses: number[]; strays: string[] }> {
  expect((await useOnnxRuntime(provider)).provider).toBe(provider);
  const { batch, shape, classes } = network;
  const x = tf.tensor(numbers(batch * tf.util.sizeFromShape([...shape]), 1), [batch, ...shape]);
  const y = tf.tensor(
    Float32Array.from({ length: batch }, (_, i) => i % classes),
    labelShape(network, batch),
  );
  const step = compile(trainingStep(network, tf.train.adam(0.01)), { seed: 1 });
  const losses = Array.from({ length: 3 }, () => (step(x, y) as tf.Tensor[])[0]!.dataSync()[0]!);
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
  for (const [name, given] of Object.entries(SMALL)) {
    it(`${name}: equals cpu's, and none of its nodes falls back to cpu`, async () => {
      const cpu = await train('cpu', given);
      const webgpu = await train('webgpu', given);
      expect(webgpu.strays).toEqual([]);
      // Both compute in float32, in other orders.
      webgpu.losses.forEach((loss, i) => {
        expect(Math.abs(loss - cpu.losses[i]!)).toBeLessThan(1e-4);
      });
    });
  }

  it('variables stay on the GPU from step to step, and are read, assigned and cloned as ever', async () => {
    const history = async (provider: Provider) => {
      await useOnnxRuntime(provider);
      const weights = tf.variable(tf.tensor(numbers(6, 3), [3, 2]));
      const optimizer = tf.train.adam(0.1);
      const step = compile(
        (x: tf.Tensor2D) =>
          optimizer.minimize(
            () => tf.mean(tf.square(tf.matMul(x, weights as tf.Tensor2D))) as tf.Scalar,
            true,
          )!,
      );
      const x = tf.tensor2d(numbers(12, 5), [4, 3]);
      /** How many tensors came to each run from the GPU. */
      const fromGpu: number[] = [];
      const { run } = Session.prototype;
      const spy = vi.spyOn(Session.prototype, 'run').mockImplementation(function (
        this: Session,
        feeds,
        fetches,
      ) {
        fromGpu.push(Object.values(feeds).filter(({ location }) => location === 'gpu-buffer').length);
        return run.call(this, feeds, fetches);
      });
      const values: ArrayLike<number>[] = [];
      let clone: tf.Tensor | undefined;
      for (let i = 0; i < 8; i++) {
        if (i === 5) weights.assign(tf.mul(weights, 0.5));
        const loss = step(x);
        values.push(loss.dataSync());
        if (i === 3) clone = weights.clone();
        if (i > 3) values.push(weights.dataSync());
      }
      values.push(clone!.dataSync());
      for (const { tensor } of (await optimizer.getWeights()).slice(1)) values.push(tensor.dataSync());
      spy.mockRestore();
      step.dispose();
      weights.dispose();
      optimizer.dispose();
      return { values, fromGpu };
    };
    const [cpu, webgpu] = [await history('cpu'), await history('webgpu')];
    expect(Math.max(...cpu.fromGpu)).toBe(0);
    // The weights, and Adam's two moments and two powers.
    expect(webgpu.fromGpu.filter((count) => count >= 5).length).toBeGreaterThanOrEqual(4);
    expect(webgpu.values.length).toBe(cpu.values.length);
    webgpu.values.forEach((got, i) => {
      Array.from(got).forEach((value, k) => {
        expect(Math.abs(value - cpu.values[i]![k]!)).toBeLessThan(1e-4);
      });
    });
  });

  it('the loss and the accuracy of many classes', async () => {
    const [rows, classes] = [6, 5];
    const losses = async (provider: Provider) => {
      await useOnnxRuntime(provider);
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
    const [cpu, webgpu] = [await losses('cpu'), await losses('webgpu')];
    expect(webgpu.strays).toEqual([]);
    webgpu.values.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(cpu.values.flat()[i]!, 5);
    });
  });
});
