// A run that was never trained, for tests of the rules that read its numbers. What training really writes is tested in
// build.test.ts.

import { classificationMetrics, compactMetrics } from '@sightline/metrics';
import type { LoadedRun, Prediction, Run } from '@sightline/runs';
import { Assets } from '../src/report/assets.ts';
import { ReportRun } from '../src/report/report-run.ts';

export interface RunInMemory {
  name?: string;
  classes?: readonly string[];
  /** Validation images: the label, and the probability of each class. */
  images?: readonly (readonly [label: number, probabilities: readonly number[]])[];
  trainAccuracy?: number;
  /** Validation losses by epoch. */
  losses?: readonly (number | null)[];
  best?: number;
  run?: Partial<Run>;
  config?: Partial<Run['config']>;
}

export function runInMemory({
  name = 'run',
  classes = ['a', 'b', 'c'],
  images = [],
  trainAccuracy,
  losses = [1, 0.8, 0.8, 0.8, 0.8],
  best = 2,
  run: change = {},
  config = {},
}: RunInMemory): ReportRun {
  const labels = Int32Array.from(images, ([label]) => label);
  const units = classes.length === 2 ? 1 : classes.length;
  const probabilities = Float32Array.from(images.flatMap(([, row]) => (units === 1 ? [row[1]!] : [...row])));
  const predictions = images.map(([label, row], i): Prediction => {
    const predicted = row.indexOf(Math.max(...row));
    const score = units === 1 ? row[1]! : row[predicted]!;
    return { path: `${i}.png`, label: classes[label]!, predicted: classes[predicted]!, score };
  });
  const correct = predictions.filter(({ label, predicted }) => label === predicted).length;
  const accuracy = correct / images.length;
  const validation = classes.map((_, k) => images.filter(([label]) => label === k).length);
  const lossAndAccuracy = { loss: 1, accuracy };
  const run = {
    schema: 2,
    experiment: name,
    status: 'complete',
    seed: 1,
    command: `sightline train photos --experiment ${name}`,
    config: {
      network: 'baseline',
      backbone: null,
      imageSize: [64, 64],
      epochs: losses.length,
      batchSize: 32,
      optimizer: { name: 'adam', learningRate: 0.001 },
      augmentation: null,
      ...config,
    },
    data: {
      root: 'photos',
      hash: '0'.repeat(64),
      classes: [...classes],
      counts: { train: validation, validation },
    },
    engine: { name: 'cpu', provider: 'cpu', device: 'a processor' },
    timings: {},
    metrics:
      images.length === 0
        ? null
        : {
            train: { loss: 1, accuracy: trainAccuracy ?? accuracy },
            validation: lossAndAccuracy,
            best: { ...lossAndAccuracy, epoch: best },
            kept: { epoch: losses.length },
            collapsed: null,
            splits: {
              train: null,
              validation: compactMetrics(classificationMetrics(labels, probabilities, units, classes), 1),
            },
          },
    ...change,
  } as unknown as Run;
  const history = losses.map((valLoss, i) => ({
    epoch: i + 1,
    loss: 1,
    accuracy: trainAccuracy ?? accuracy,
    valLoss,
    valAccuracy: accuracy,
    learningRate: 0.001,
    seconds: 1,
  }));
  const loaded: LoadedRun = {
    dir: `/nowhere/runs/${name}`,
    name,
    run,
    isUpgraded: false,
    history: images.length === 0 ? [] : history,
    predictions: () => predictions,
    suspects: () => [],
  };
  return new ReportRun(loaded, name, new Assets());
}

/** Images of one label, of which some are predicted as it with the given confidence, the others as another class. */
export function imagesOf(
  label: number,
  classes: number,
  correct: number,
  wrong: number,
  { confidence = 0.8, taken = (label + 1) % classes } = {},
): [number, number[]][] {
  const row = (predicted: number) =>
    Array.from({ length: classes }, (_, k) =>
      k === predicted ? confidence : (1 - confidence) / (classes - 1),
    );
  return [
    ...Array.from({ length: correct }, (): [number, number[]] => [label, row(label)]),
    ...Array.from({ length: wrong }, (): [number, number[]] => [label, row(taken)]),
  ];
}
