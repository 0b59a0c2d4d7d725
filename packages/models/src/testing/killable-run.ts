// A run for tests to kill: `node killable-run.ts DIR` trains a small network on images into DIR, with all that is drawn
// at random (order, augmentation by worker threads, dropout), resuming if it can, and writes a line after each step and
// before each checkpoint, so that a parent can choose its moment.

import { type ImageSet, imageSource } from '@sightline/data';
import { selectEngine } from '../engine/select.ts';
import { runExperiment } from '../experiment/run.ts';
import { sequential } from '../networks/table.ts';
import { stripes } from './stripes.ts';

const dir = process.argv[2]!;
const SIDE = 12;

/** Decoded images, as the loader gives them. */
function images(count: number, seed: number): ImageSet {
  const rows = stripes(count, SIDE, 2, seed);
  const data = new Uint8Array(new SharedArrayBuffer(rows.data.length));
  data.set(rows.data.map((level) => Math.round(level * 255)));
  const paths = Array.from(rows.labels, (label, i) => `class${label}/${i}.png`);
  return { data, shape: [count, SIDE, SIDE, 3], labels: rows.labels, paths, classes: rows.classes };
}

const validation = images(18, 99);
const augmentation = { rotation: 20, horizontalFlip: true, cutout: 0.2, mix: { kind: 'mixup' } } as const;
await runExperiment(
  {
    network: (inputShape, classes) =>
      sequential(
        'killable',
        [
          { layer: 'conv', filters: 4, kernelSize: 3, l2: 0.001 },
          { layer: 'norm' },
          { layer: 'maxPool', size: 2 },
          { layer: 'flatten' },
          { layer: 'dropout', rate: 0.3 },
        ],
        inputShape,
        classes,
      ),
    imageSize: [SIDE, SIDE],
    epochs: 12,
    batchSize: 8,
    optimizer: { name: 'adam', learningRate: 0.02 },
    schedule: { name: 'cosine' },
    reduceOnPlateau: { patience: 2 },
    classWeights: [1, 2],
    augmentation,
  },
  {
    train: imageSource(images(36, 1), { batchSize: 8, seed: 3, shuffle: true, augmentation, workers: 2 }),
    validation: imageSource(validation, { batchSize: 8, seed: 3, shuffle: false }),
  },
  {
    name: 'killable',
    seed: 5,
    engine: await selectEngine('onnxruntime', { provider: 'cpu' }),
    dir,
    resume: true,
    paths: validation.paths,
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
