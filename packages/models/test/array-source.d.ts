import type { BatchSource } from '@sightline/data';
export declare function rowsInOrder(
  x: Float32Array,
  rowShape: number[],
  labels: Int32Array,
  classes: string[],
  batchSize: number,
  shuffleSeed?: number,
): BatchSource;
/** Seeded rows of two or more classes that a small network can tell apart: a bright channel in noise. */
export declare function stripes(
  rows: number,
  size: number,
  classes: number,
  seed?: number,
): {
  x: Float32Array<ArrayBuffer>;
  rowShape: number[];
  labels: Int32Array<ArrayBuffer>;
  classes: string[];
};
