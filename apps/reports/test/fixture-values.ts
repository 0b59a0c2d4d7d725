// What runs are made of, drawn: headers, histories, predictions, kernels.

import { type EpochRecord, encodeNpy, type Prediction, type RunEnd, type RunHeader } from '@sightline/runs';
import { random } from './scenes.ts';

export const hash = (letter: string) => letter.repeat(64);

export function header(experiment: string, minute: number, change: Partial<RunHeader> = {}): RunHeader {
  return {
    experiment,
    startedAt: `2026-11-24T10:${String(minute).padStart(2, '0')}:07.000Z`,
    seed: 1,
    command: `sightline train sightline.config.ts --experiment '${experiment}' --seed 1`,
    engine: {
      name: 'onnxruntime',
      provider: 'cpu',
      device: 'AMD EPYC 7763 64-Core Processor',
      note: 'auto: no CUDA device was found',
    },
    data: {
      root: 'data/car-or-other',
      hash: hash('3'),
      classes: ['other', 'car'],
      counts: { train: [800, 800], validation: [288, 288] },
    },
    config: {
      network: 'baseline',
      imageSize: [64, 64],
      epochs: 15,
      batchSize: 128,
      optimizer: { name: 'adam', learningRate: 0.01 },
      augmentation: null,
      loss: 'binary cross-entropy',
      l2: 0.001,
    },
    software: { sightline: '0.1.0', node: '24.19.0', onnxruntime: '1.30.0', tfjs: '4.22.0' },
    git: { commit: '4f0c9a1be27d6630c2ae55f1d0b8f3a97c64e210', dirty: false },
    ...change,
  };
}

/** A training that comes nearer to `to` from epoch to epoch, with some noise. */
export function histories(
  epochs: number,
  from: number,
  to: number,
  loss: number,
  seed: number,
): EpochRecord[] {
  const next = random(seed);
  return Array.from({ length: epochs }, (_, i) => {
    const progress = 1 - 0.72 ** (i + 1);
    const accuracy = from + (to - from) * progress + (next() - 0.5) * 0.02;
    const valAccuracy = from + (to * 0.94 - from) * progress + (next() - 0.5) * 0.04;
    return {
      epoch: i + 1,
      loss: loss * (1 - 0.5 * progress) + (next() - 0.5) * 0.02,
      accuracy,
      valLoss: loss * (1 - 0.38 * progress) + (next() - 0.5) * 0.05,
      valAccuracy: Math.round(valAccuracy * 576) / 576,
      learningRate: 0.01,
      seconds: 0.11 + next() * 0.02,
    };
  });
}

export function metrics(history: readonly EpochRecord[]): NonNullable<RunEnd['metrics']> {
  const last = history.at(-1)!;
  const best = history.reduce((a, b) => (b.valAccuracy > a.valAccuracy ? b : a));
  return {
    train: { loss: last.loss, accuracy: last.accuracy },
    validation: { loss: last.valLoss, accuracy: last.valAccuracy },
    best: { epoch: best.epoch, loss: best.valLoss, accuracy: best.valAccuracy },
    collapsed: null,
  };
}

export function predictions(accuracy: number, seed: number): Prediction[] {
  const next = random(seed);
  return Array.from({ length: 576 }, (_, i) => {
    const label = i < 288 ? 'other' : 'car';
    const isRight = next() < accuracy;
    const sure = 0.5 + 0.5 * next() ** (isRight ? 0.4 : 1.6);
    const score = (label === 'car') === isRight ? sure : 1 - sure;
    return { path: `validation/${label}/${i}.png`, label, score, predicted: score >= 0.5 ? 'car' : 'other' };
  });
}

/** Oriented, coloured waves, as a trained first layer has them: [size, size, 3, count]. */
export function kernels(size: number, count: number, seed: number) {
  const next = random(seed);
  const data = new Float32Array(size * size * 3 * count);
  for (let n = 0; n < count; n++) {
    const angle = next() * Math.PI;
    const [frequency, phase, spread] = [0.4 + next() * 1.5, next() * 6.3, next() * 1.6];
    for (let i = 0; i < size * size; i++) {
      const along = (i % size) * Math.cos(angle) + Math.trunc(i / size) * Math.sin(angle);
      for (let c = 0; c < 3; c++) {
        data[(i * 3 + c) * count + n] =
          0.3 * Math.sin(along * frequency + phase + c * spread) + (next() - 0.5) * 0.1;
      }
    }
  }
  return encodeNpy({ data, shape: [size, size, 3, count] });
}
