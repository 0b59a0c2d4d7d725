// What `fit` shows where `verbose` is 1, which is its default: a bar on a terminal, a line for each epoch elsewhere.

import { decimal, duration } from '@sightline/core';
import { CustomCallback, type Logs } from '@tensorflow/tfjs';

const WIDTH = 24;
/** A terminal is not written to more often. */
const INTERVAL_MS = 100;

const metrics = (logs: Logs | undefined): string =>
  Object.entries(logs ?? {})
    .filter(([name]) => name !== 'batch' && name !== 'size')
    .map(([name, value]) => `${name} ${decimal(value)}`)
    .join(', ');

/** Made by tfjs-layers for each `fit`, which sets its parameters. */
export class ProgressBar extends CustomCallback {
  readonly #out: NodeJS.WriteStream;
  #epoch = 0;
  #began = 0;
  #shown = 0;

  constructor(out: NodeJS.WriteStream = process.stderr) {
    super({
      onEpochBegin: (epoch) => {
        this.#epoch = epoch;
        this.#began = performance.now();
      },
      onBatchEnd: (batch, logs) => this.#show(batch + 1, logs),
      onEpochEnd: (_, logs) => this.#finish(logs),
    });
    this.#out = out;
  }

  /** `Epoch 2 of 5`; how many there are is not always known. */
  #title(): string {
    const { epochs } = this.params;
    return `Epoch ${this.#epoch + 1}${epochs ? ` of ${epochs as number}` : ''}`;
  }

  /** Batches of an epoch: given as such, or to be had from the samples. */
  #batches(): number | undefined {
    const { steps, samples, batchSize } = this.params as Record<string, number | null>;
    return steps || (samples && batchSize ? Math.ceil(samples / batchSize) : undefined);
  }

  #show(batches: number, logs: Logs | undefined): void {
    const now = performance.now();
    if (!this.#out.isTTY || now - this.#shown < INTERVAL_MS) return;
    this.#shown = now;
    const known = this.#batches();
    const bar = known
      ? `[${'='.repeat(Math.round((WIDTH * batches) / known)).padEnd(WIDTH)}] ${batches}/${known}`
      : `batch ${batches}`;
    const line = `${this.#title()} ${bar} ${metrics(logs)}`;
    this.#out.write(`\r\u001b[K${line.slice(0, Math.max(1, this.#out.columns - 1))}`);
  }

  #finish(logs: Logs | undefined): void {
    const line = `${this.#title()}: ${duration((performance.now() - this.#began) / 1000)}, ${metrics(logs)}`;
    this.#out.write(`${this.#out.isTTY ? '\r\u001b[K' : ''}${line}\n`);
  }
}
