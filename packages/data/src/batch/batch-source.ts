// Batches: what training reads. A source knows how many rows it has and gives each epoch's batches in an order that
// only its seed and the epoch decide.

export interface Batch {
  /** [size, ...rowShape], row by row. */
  readonly x: Float32Array;
  /** Label indices, as floats. */
  readonly y: Float32Array;
  /** [size, classes], each row a distribution, where rows were mixed (MixUp, CutMix): what to train for in y's place. */
  readonly targets?: Float32Array;
  readonly size: number;
  readonly shape: readonly number[];
  /** Which row of the source each row of the batch is. */
  readonly indices: Uint32Array;
}

export interface BatchOptions {
  readonly signal?: AbortSignal;
  /** Leaves out the batches before this one: how training goes on in the middle of an epoch. */
  readonly from?: number;
}

export interface BatchSource {
  /** Rows in an epoch. */
  readonly size: number;
  readonly rowShape: readonly number[];
  readonly batchSize: number;
  /** The labels of all rows, in the source's own order. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /**
   * The batches of an epoch; the last may be smaller. Buffers are reused: batch k is valid until batch k + 2 is asked
   * for. An abort of the signal ends it with an AbortError.
   */
  batches(epoch: number, options?: BatchOptions): AsyncIterable<Batch>;
}

export interface SourceOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
}
