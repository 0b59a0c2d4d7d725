/** A line an epoch. */

import { decimal, duration } from '@sightline/core';
import type { EpochRecord } from '@sightline/runs';
import type { Output } from './output.ts';

/** A function that writes an epoch's figures, in columns, after the run's name. */
export function epochLine(output: Output, name: string, epochs: number): (record: EpochRecord) => void {
  const digits = String(epochs).length;
  return ({ epoch, loss, accuracy, valLoss, valAccuracy, seconds }) => {
    const count = `${String(epoch).padStart(digits)}/${epochs}`;
    const train = `loss ${decimal(loss)}  accuracy ${decimal(accuracy)}`;
    const validation = `validation loss ${decimal(valLoss)}  accuracy ${decimal(valAccuracy)}`;
    output.note(`${name}  epoch ${count}  ${train}  ${validation}  ${duration(seconds)}`);
  };
}
