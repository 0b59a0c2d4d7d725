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
    collapsing: { network: 'baseline', epochs: 1, batchSize: 48, optimizer: { name: 'adam', learningRate: 1e-9 } },
  },
};`;

/** A folder with a configuration, beside one of photographs. */
export class SmallTraining {
  readonly folder = temporaryFolder('train');
  readonly photographs = writePhotographs();

  constructor() {
    writeFileSync(join(this.folder, 'sightline.config.ts'), config);
  }

  /** Trains into a folder of its own. */
  train(out: string, ...more: string[]) {
    const places = ['--data', this.photographs, '--out', join(this.folder, out)];
    return call('train', this.folder, ...places, '--engine', 'onnxruntime', ...more);
  }

  /** The run of the experiment `plain` in such a folder. */
  plain(out: string): string {
    return join(this.folder, out, 'plain');
  }
}

export const bytes = (dir: string, name: string) => readFileSync(join(dir, name)).toString('hex');

/** A run's history without its times. */
export const figures = (dir: string) => readRun(dir).history.map(({ seconds: _, ...rest }) => rest);
