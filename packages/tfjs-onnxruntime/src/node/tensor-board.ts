// Summaries for TensorBoard: a writer, and a callback of `fit` that writes losses, metrics and weights.

import { join, resolve } from 'node:path';
import { SightlineError } from '@sightline/core';
import { CustomCallback, type LayersModel, type Logs } from '@tensorflow/tfjs';
import { Tensor } from '@tensorflow/tfjs-core';
import { EventFile, type Histogram } from './event-file.ts';

const BUCKETS = 30;

/** Counts of the finite among some values in buckets of equal width; one bucket where all are equal. */
export function histogramOf(data: ArrayLike<number>, buckets = BUCKETS): Histogram {
  const values = Float64Array.from(data).filter(Number.isFinite);
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [sum, sumOfSquares] = [0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
  }
  if (values.length === 0) [min, max] = [0, 0];
  const count = max > min ? buckets : 1;
  const width = (max - min) / count;
  const counts = Array<number>(count).fill(0);
  for (const value of values) {
    const at = width > 0 ? Math.floor((value - min) / width) : 0;
    counts[Math.min(count - 1, at)]!++;
  }
  const limits = counts.map((_, i) => (i === count - 1 ? max : min + (i + 1) * width));
  return { min, max, count: values.length, sum, sumOfSquares, limits, counts };
}

/** TensorBoard itself shows 30. */
const MOST_BUCKETS = 100_000;

const refuse = (what: string, got: unknown): SightlineError =>
  new SightlineError('option', `A summary needs ${what}, but got ${String(got)}.`);

function checkPlace(name: unknown, step: unknown): void {
  if (typeof name !== 'string') throw refuse('a name', name);
  if (!Number.isSafeInteger(step)) throw refuse('an integer step', step);
}

/** The numbers of a tensor, or of an array. */
function numbersOf(data: Tensor | ArrayLike<number>): ArrayLike<number> {
  if (!(data instanceof Tensor)) return data;
  if (data.dtype === 'string' || data.dtype === 'complex64') throw refuse('real numbers', data.dtype);
  return data.dataSync() as ArrayLike<number>;
}

/** Writes values by step into one event file. */
export class SummaryFileWriter {
  readonly #file: EventFile;
  #isOpen = true;

  constructor(folder: string, suffix?: string) {
    this.#file = new EventFile(folder, suffix);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Write a number, or a tensor of one. */
  scalar(name: string, value: number | Tensor, step: number, description?: string): void {
    checkPlace(name, step);
    if (value instanceof Tensor && value.size !== 1) throw refuse('a scalar', `the shape [${value.shape}]`);
    const number = value instanceof Tensor ? numbersOf(value)[0] : value;
    if (typeof number !== 'number') throw refuse('a number', number);
    this.#file.add(name, number, step, description);
  }

  /** Write how values are distributed; NaN and infinities are left out. */
  histogram(
    name: string,
    data: Tensor | ArrayLike<number>,
    step: number,
    buckets = BUCKETS,
    description?: string,
  ) {
    checkPlace(name, step);
    if (!Number.isInteger(buckets) || buckets < 1 || buckets > MOST_BUCKETS) {
      throw refuse(`1 to ${MOST_BUCKETS} buckets`, buckets);
    }
    this.#file.add(name, histogramOf(numbersOf(data), buckets), step, description);
  }

  /** Does nothing: values are written when they are given. */
  flush(): void {}

  close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}

/** The writer of each folder: TensorBoard reads no more of a file once there is a newer one beside it. */
const writers = new Map<string, SummaryFileWriter>();

/**
 * The writer of a folder's summaries, which TensorBoard reads: the same one until it is closed.
 *
 * @param folder where the event file is made
 * @param suffix of its name
 * @throws SightlineError `option` or `not-writable`
 */
export function summaryFileWriter(
  folder: string,
  _maxQueue?: number,
  _flushMilliseconds?: number,
  suffix = '.v2',
): SummaryFileWriter {
  if (typeof folder !== 'string' || folder === '') throw refuse('the name of a folder', folder);
  const path = resolve(folder);
  let writer = writers.get(path);
  if (!writer?.isOpen) {
    writer = new SummaryFileWriter(folder, suffix);
    writers.set(path, writer);
  }
  return writer;
}

export interface TensorBoardOptions {
  /** When losses and metrics are written. Default: epoch. */
  readonly updateFreq?: 'batch' | 'epoch';
  /** Epochs from one histogram of each weight to the next. Default: 0, none. */
  readonly histogramFreq?: number;
}

class TensorBoardCallback extends CustomCallback {
  readonly #folder: string;
  readonly #writers = new Set<SummaryFileWriter>();
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
        for (const writer of this.#writers) writer.close();
        this.#writers.clear();
      },
    });
    if (updateFreq !== 'batch' && updateFreq !== 'epoch') {
      throw new SightlineError('option', `updateFreq must be batch or epoch, but got ${String(updateFreq)}.`);
    }
    if (!Number.isInteger(histogramFreq) || histogramFreq < 0) {
      throw new SightlineError(
        'option',
        `histogramFreq must be a number of epochs, or 0 for no histograms, but got ${String(histogramFreq)}.`,
      );
    }
    this.#folder = folder;
    this.#histogramFreq = histogramFreq;
  }

  override setModel(model: Parameters<CustomCallback['setModel']>[0]): void {
    this.#model = model as LayersModel;
  }

  #writer(set: 'train' | 'val'): SummaryFileWriter {
    const writer = summaryFileWriter(join(this.#folder, set));
    this.#writers.add(writer);
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
export const tensorBoard = (folder = './logs', options: TensorBoardOptions = {}): CustomCallback =>
  new TensorBoardCallback(folder, options);
