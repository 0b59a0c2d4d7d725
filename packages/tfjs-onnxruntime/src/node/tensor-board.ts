// Summaries for TensorBoard: a writer, and a callback of `fit` that writes losses, metrics and weights.

import { join } from 'node:path';
import { SightlineError } from '@sightline/core';
import { CustomCallback, type LayersModel, type Logs } from '@tensorflow/tfjs';
import { Tensor } from '@tensorflow/tfjs-core';
import { EventFile, type Histogram } from './event-file.ts';

const BUCKETS = 30;

/** Counts of values in buckets of equal width; one bucket where all values are equal. */
export function histogramOf(values: ArrayLike<number>, buckets = BUCKETS): Histogram {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [sum, sumOfSquares] = [0, 0];
  const { length } = values;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
  }
  if (length === 0) [min, max] = [0, 0];
  const count = max > min ? buckets : 1;
  const width = (max - min) / count;
  const counts = Array<number>(count).fill(0);
  for (let i = 0; i < length; i++) {
    const at = width > 0 ? Math.floor((values[i]! - min) / width) : 0;
    counts[Math.min(count - 1, at)]!++;
  }
  const limits = counts.map((_, i) => (i === count - 1 ? max : min + (i + 1) * width));
  return { min, max, count: length, sum, sumOfSquares, limits, counts };
}

/** Writes values by step into one event file. */
export class SummaryFileWriter {
  readonly #file: EventFile;

  constructor(folder: string, suffix?: string) {
    this.#file = new EventFile(folder, suffix);
  }

  /** Write a number, or a tensor of one. */
  scalar(name: string, value: number | Tensor, step: number, description?: string): void {
    const number = value instanceof Tensor ? value.dataSync()[0]! : value;
    this.#file.add(name, number, step, description);
  }

  /** Write how values are distributed. */
  histogram(
    name: string,
    data: Tensor | ArrayLike<number>,
    step: number,
    buckets?: number,
    description?: string,
  ) {
    const values = data instanceof Tensor ? (data.dataSync() as ArrayLike<number>) : data;
    this.#file.add(name, histogramOf(values, buckets), step, description);
  }

  /** Does nothing: values are written when they are given. */
  flush(): void {}

  close(): void {
    this.#file.close();
  }
}

/**
 * A writer of summaries that TensorBoard reads.
 *
 * @param folder where the event file is made
 * @param suffix of its name
 * @throws SightlineError `not-writable`
 */
export function summaryFileWriter(
  folder: string,
  _maxQueue?: number,
  _flushMilliseconds?: number,
  suffix?: string,
): SummaryFileWriter {
  return new SummaryFileWriter(folder, suffix);
}

export interface TensorBoardOptions {
  /** When losses and metrics are written. Default: epoch. */
  readonly updateFreq?: 'batch' | 'epoch';
  /** Epochs from one histogram of each weight to the next. Default: 0, none. */
  readonly histogramFreq?: number;
}

class TensorBoardCallback extends CustomCallback {
  readonly #folder: string;
  readonly #writers = new Map<string, SummaryFileWriter>();
  readonly #histogramFreq: number;
  #model: LayersModel | undefined;
  #batches = 0;

  constructor(folder: string, { updateFreq = 'epoch', histogramFreq = 0 }: TensorBoardOptions) {
    super({
      onBatchEnd: (_, logs) => {
        this.#batches++;
        if (updateFreq === 'batch') this.#write('batch', logs, this.#batches);
      },
      onEpochEnd: (epoch, logs) => {
        this.#write('epoch', logs, epoch + 1);
        if (this.#histogramFreq > 0 && epoch % this.#histogramFreq === 0) this.#writeWeights(epoch + 1);
      },
      onTrainEnd: () => {
        for (const writer of this.#writers.values()) writer.close();
        this.#writers.clear();
      },
    });
    if (updateFreq !== 'batch' && updateFreq !== 'epoch') {
      throw new SightlineError('option', `updateFreq must be batch or epoch, but got ${String(updateFreq)}.`);
    }
    this.#folder = folder;
    this.#histogramFreq = histogramFreq;
  }

  override setModel(model: Parameters<CustomCallback['setModel']>[0]): void {
    this.#model = model as LayersModel;
  }

  #writer(set: 'train' | 'val'): SummaryFileWriter {
    let writer = this.#writers.get(set);
    if (!writer) {
      writer = new SummaryFileWriter(join(this.#folder, set));
      this.#writers.set(set, writer);
    }
    return writer;
  }

  /** Values of validation go under the same tags, into a folder beside, so that TensorBoard plots both in one chart. */
  #write(prefix: string, logs: Logs | undefined, step: number): void {
    for (const [name, value] of Object.entries(logs ?? {})) {
      if (name === 'batch' || name === 'size') continue;
      const isValidation = name.startsWith('val_');
      const tag = `${prefix}_${isValidation ? name.slice('val_'.length) : name}`;
      this.#writer(isValidation ? 'val' : 'train').scalar(tag, value, step);
    }
  }

  #writeWeights(step: number): void {
    for (const weight of this.#model!.weights) {
      this.#writer('train').histogram(weight.name, weight.read(), step);
    }
  }
}

/**
 * A callback of `fit` that writes losses and metrics (training to `train`, validation to `val` in the folder), and
 * histograms of the weights.
 *
 * @throws SightlineError `option`, and during `fit` `not-writable`
 */
export const tensorBoard = (folder: string, options: TensorBoardOptions = {}): CustomCallback =>
  new TensorBoardCallback(folder, options);
