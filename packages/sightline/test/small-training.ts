// Photographs, a configuration of two experiments, and what tests ask of trainings on them.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRun } from '@sightline/runs';
import { call } from './call.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

export const config = `export default {
  experiments: {
    plain: {
      network: 'baseline', epochs: 6, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.001 },
      augmentation: { horizontalFlip: true, rotation: 10 },
    },
    // Options in another order than run.json has them.
    collapsing: {
      network: 'baseline',
      epochs: 1,
      batchSize: 48,
      optimizer: { learningRate: 1e-9, name: 'adam' },
      augmentation: { alternatingFlip: true, fill: 'nearest' },
    },
  },
};`;

/** A folder with a configuration, beside one of photographs. */
export function smallTraining() {
  const folder = temporaryFolder('train');
  const photographs = writePhotographs();
  writeFileSync(join(folder, 'sightline.config.ts'), config);
  /** Trains into a folder of its own. */
  const train = (out: string, ...more: string[]) => {
    const places = ['--data', photographs, '--out', join(folder, out)];
    return call('train', folder, ...places, '--engine', 'onnxruntime', ...more);
  };
  /** The run of the experiment `plain` in such a folder. */
  const plain = (out: string) => join(folder, out, 'plain');
  return { folder, photographs, train, plain };
}

export const bytes = (dir: string, name: string) => readFileSync(join(dir, name)).toString('hex');

/** A run's history without its times. */
export const history = (dir: string) => readRun(dir).history.map(({ seconds: _, ...rest }) => rest);
