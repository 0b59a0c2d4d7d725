// A run for tests to kill: `node killable-run.ts DIR` trains a small network into DIR, resuming if it can, and writes
// a line after each step and before each checkpoint, so that a parent can choose its moment.

import { arraySource } from '@sightline/data';
import { selectEngine } from '@sightline/tfjs-onnxruntime';
import { runExperiment } from '../experiment/run.ts';
import { sequential } from '../networks/table.ts';
import { stripes } from './stripes.ts';

const dir = process.argv[2]!;
const order = { batchSize: 8, seed: 3 };
const rows = { train: stripes(36, 6, 2), validation: stripes(18, 6, 2, 99) };
await runExperiment(
  {
    network: (inputShape, classes) =>
      sequential(
        'killable',
        [
          { layer: 'conv', filters: 4, kernelSize: 3, activation: 'relu', l2: 0.001 },
          { layer: 'flatten' },
          { layer: 'dropout', rate: 0.3 },
        ],
        inputShape,
        classes,
      ),
    imageSize: [6, 6],
    epochs: 12,
    batchSize: 8,
    optimizer: { name: 'adam', learningRate: 0.02 },
    schedule: { name: 'cosine' },
    reduceOnPlateau: { patience: 2 },
  },
  {
    train: arraySource(rows.train, { ...order, shuffle: true }),
    validation: arraySource(rows.validation, { ...order, shuffle: false }),
  },
  {
    name: 'killable',
    seed: 5,
    engine: await selectEngine('onnxruntime', { provider: 'cpu' }),
    dir,
    resume: true,
    paths: Array.from({ length: 18 }, (_, i) => `${i}.png`),
    header: {
      command: 'killable-run',
      data: {
        root: 'none',
        hash: '0'.repeat(64),
        classes: ['class0', 'class1'],
        counts: { train: [18, 18], validation: [9, 9] },
      },
      software: { sightline: '0', node: process.versions.node },
      git: null,
    },
    onStep: () => process.stdout.write('step\n'),
    onEpoch: () => process.stdout.write('epoch\n'),
  },
);
process.stdout.write('done\n');
