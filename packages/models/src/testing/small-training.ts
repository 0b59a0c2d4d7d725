// A small network and data that it learns, for tests of training.

import { arraySource } from '@sightline/data';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { seedNetwork } from '../networks/seed.ts';
import { type LayerRow, sequential } from '../networks/table.ts';
import { fit } from '../train/fit.ts';
import type { FitOptions } from '../train/fit-options.ts';
import { readWeights, type TrainingState } from '../train/state.ts';
import { stripes } from './stripes.ts';

export const smallRows: LayerRow[] = [
  { layer: 'conv', filters: 4, kernelSize: 3, activation: 'relu', l2: 0.001 },
  { layer: 'norm' },
  { layer: 'averagePool' },
  { layer: 'dropout', rate: 0.3 },
  { layer: 'dense', units: 8 },
];

export const network = (seed: number, classes = 2) =>
  seedNetwork(sequential('small', smallRows, [6, 6, 3], classes), seed);

export function data(classes = 2, batchSize = 8) {
  const order = { batchSize, seed: 5 };
  return {
    train: arraySource(stripes(36, 6, classes), { ...order, shuffle: true }),
    validation: arraySource(stripes(18, 6, classes, 99), { ...order, shuffle: false }),
  };
}

/** Options of `fit`: three epochs of Adam, the last one kept. */
export const smallOptions = (engine: Engine, more: Partial<FitOptions> = {}): FitOptions => ({
  epochs: 3,
  engine,
  optimizer: { name: 'adam', learningRate: 0.02 },
  keep: 'last',
  ...more,
});

export const weightsOf = (model: tfl.LayersModel) => readWeights(model).map((w) => Array.from(w.data));

/** A history without its times, which differ from run to run. */
export const withoutTimes = (history: readonly { seconds: number }[]) =>
  history.map(({ seconds: _, ...rest }) => rest);

/** Stops a training after so many steps and resumes it with another network; returns the weights that it ends with. */
export async function stoppedAndResumed(
  stop: number,
  build: () => Promise<tfl.LayersModel>,
  rows: typeof data,
  options: FitOptions,
): Promise<number[][]> {
  const controller = new AbortController();
  const states: { midway?: TrainingState; last?: TrainingState } = {};
  let steps = 0;
  await fit(await build(), rows(), {
    ...options,
    signal: controller.signal,
    onStep: () => void (++steps === stop && controller.abort()),
    checkpoint: (name, state) => {
      if (name !== 'best') states[name] = state;
    },
  });
  const resumed = await build();
  await fit(resumed, rows(), { ...options, resume: states });
  return weightsOf(resumed);
}
