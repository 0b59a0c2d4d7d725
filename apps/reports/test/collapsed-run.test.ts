// The contract between a trained run and its page: what training writes about a collapse is what the page says.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arraySource } from '@sightline/data';
import { runExperiment, selectEngine } from '@sightline/models';
import { readRun } from '@sightline/runs';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { stateOf } from '../src/report/state.ts';

/** One dense layer whose bias decides for the second class, whatever the image. */
const biased = (inputShape: readonly number[]) =>
  tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [...inputShape] }),
      tfl.layers.dense({
        units: 1,
        activation: 'sigmoid',
        biasInitializer: tfl.initializers.constant({ value: 50 }),
      }),
    ],
  });

test('a collapsed run says that the class is predicted for all validation images', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-collapsed-'));
  const labels = Int32Array.of(0, 1, 0, 1);
  const classes = ['other', 'car'];
  const rows = { data: new Float32Array(4 * 12), shape: [4, 2, 2, 3], labels, classes };
  const source = arraySource(rows, { batchSize: 4, seed: 1, shuffle: false });
  try {
    await runExperiment(
      {
        network: biased,
        imageSize: [2, 2],
        epochs: 1,
        batchSize: 4,
        optimizer: { name: 'sgd', learningRate: 0.01 },
      },
      { train: source, validation: source },
      {
        name: 'biased',
        seed: 1,
        engine: await selectEngine('onnxruntime', { provider: 'cpu' }),
        dir,
        paths: ['0.png', '1.png', '2.png', '3.png'],
        header: {
          command: 'sightline train',
          data: {
            root: 'images',
            hash: '0'.repeat(64),
            classes,
            counts: { train: [2, 2], validation: [2, 2] },
          },
          software: { sightline: '0', node: process.versions.node },
          git: null,
        },
      },
    );
    const state = stateOf(readRun(dir));
    expect(state.kind).toBe('collapsed');
    expect(state.explanation).toContain('it predicts “car” for all validation images');
    expect(state.advice).toContain('a lower learning rate such as 0.001');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
