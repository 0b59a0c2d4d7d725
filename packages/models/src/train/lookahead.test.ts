// Lookahead and layers that stop, inside of a training: against averages taken by hand, and across a stop.

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { data, network, smallOptions, stoppedAndResumed, weightsOf } from '../testing/small-training.ts';
import { fit } from './fit.ts';
import { Lookahead } from './lookahead.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await selectEngine('cpu');
});

test('training goes on from the average, which changes ever more slowly', async () => {
  const model = await network(1);
  const lookahead = new Lookahead(model, { every: 2, startEpochs: 1, decay: 0.9, power: 2 });
  const set = (value: number) => {
    for (const weight of model.weights) weight.write(tf.fill(weight.shape as number[], value));
  };
  const all = () => new Set(weightsOf(model).flat());
  const after = (step: number, epoch: number, done: number) => {
    lookahead.afterStep(step, epoch, done);
    return all();
  };
  set(1);
  expect(after(2, 0, 0.1)).toEqual(new Set([1]));
  expect(lookahead.state()).toEqual([]);
  expect(after(4, 1, 0.3)).toEqual(new Set([1]));
  set(3);
  expect(after(5, 1, 0.4)).toEqual(new Set([3]));
  const [slow] = after(6, 1, 0.5);
  // 0.9^2 of the decay and 0.5^2 of the training.
  expect(slow).toBeCloseTo(3 + 0.81 * 0.25 * (1 - 3), 6);
  set(9);
  lookahead.apply();
  expect(all()).toEqual(new Set([slow]));
});

test('a run that is stopped between two steps, with averages and a layer that has stopped, ends like one that never was', async () => {
  const options = {
    epochs: 4,
    lookahead: { every: 3, startEpochs: 1, decay: 0.9, power: 1 },
    freezeAfter: { conv1: 2 },
  };
  const whole = await network(3);
  const convolution: number[][] = [];
  await fit(
    whole,
    data(),
    smallOptions(engine, {
      ...options,
      onEpoch: () => void convolution.push(weightsOf(whole)[0]!),
    }),
  );
  expect(convolution[1]).not.toEqual(convolution[0]);
  for (const stop of [3, 9, 13, 17]) {
    const weights = await stoppedAndResumed(stop, () => network(3), data, smallOptions(engine, options));
    expect(weights).toEqual(weightsOf(whole));
  }
});

test('a layer that stops after two epochs has what it had then', async () => {
  const model = await network(2);
  const kernels: number[][] = [];
  await fit(
    model,
    data(),
    smallOptions(engine, {
      epochs: 4,
      freezeAfter: { conv1: 2 },
      onEpoch: () => void kernels.push(weightsOf(model)[0]!),
    }),
  );
  expect(kernels[1]).not.toEqual(kernels[0]);
  expect(kernels[2]).toEqual(kernels[1]);
  expect(kernels[3]).toEqual(kernels[1]);
});

test('a layer that is not there cannot stop', async () => {
  const model = await network(2);
  await expect(fit(model, data(), smallOptions(engine, { freezeAfter: { conv9: 1 } }))).rejects.toThrow(
    /^There is no layer "conv9" that trains, to stop after 1 epochs\. The network trains conv1, norm1, dense1, probability\.$/,
  );
});
