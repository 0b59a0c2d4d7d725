/** What is said while a network trains: a bar or lines inside an epoch, and a line after each. */

import { decimal, integer } from '@sightline/core';
import type { StepProgress } from '@sightline/models';
import type { EpochRecord } from '@sightline/runs';
import { epochLine } from './epoch-line.ts';
import type { Output } from './output.ts';

export interface TrainingProgress {
  readonly onStep: (progress: StepProgress) => void;
  readonly onEpoch: (record: EpochRecord) => void;
  /** Takes the bar away. */
  end(): void;
}

/** Tells of the training of `name`: images of all epochs and the time left, images/s, loss and accuracy of this one. */
export function trainingProgress(output: Output, name: string, epochs: number): TrainingProgress {
  const bar = output.progress(name);
  const line = epochLine(output, name, epochs);
  let [epoch, began, rowsBefore] = [0, 0, 0];
  return {
    onStep({ epoch: current, rows, size, loss, accuracy }) {
      const now = performance.now();
      // From the epoch's first step on: what goes before it, such as tracing, is not a pace.
      if (current !== epoch) [epoch, began, rowsBefore] = [current, now, rows];
      const words = () => {
        const pace =
          rows > rowsBefore ? `  ${integer(((rows - rowsBefore) / (now - began)) * 1000)} images/s` : '';
        return `epoch ${current}/${epochs}${pace}  loss ${decimal(loss)}  accuracy ${decimal(accuracy)}`;
      };
      bar.update((current - 1) * size + rows, epochs * size, words);
    },
    onEpoch(record) {
      bar.end();
      line(record);
      output.event('epoch', { run: name, ...record });
    },
    end: bar.end,
  };
}
