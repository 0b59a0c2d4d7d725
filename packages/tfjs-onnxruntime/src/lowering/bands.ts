// Bands: a batch in parts of a few images, whose intermediate values stay in cache.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';

export interface Band {
  /** The first of its images in the batch. */
  readonly first: number;
  readonly images: number;
}

/** A batch in bands of at most so many images, of one at least. */
export function bandsOf(batchSize: number, most: number): Band[] {
  const size = Math.min(batchSize, Math.max(1, Math.floor(most)));
  return Array.from({ length: Math.ceil(batchSize / size) }, (_, k) => ({
    first: k * size,
    images: Math.min(size, batchSize - k * size),
  }));
}

/** A value (N, …) cut into bands. */
export const cut = (g: GraphBuilder, x: Value, bands: readonly Band[]): Value[] =>
  bands.length === 1
    ? [x]
    : op.split(
        g,
        x,
        bands.map(({ images }) => images),
        0,
      );

/** What was computed band by band, as a whole. */
export const joined = (g: GraphBuilder, parts: readonly Value[]): Value =>
  parts.length === 1 ? parts[0]! : op.concat(g, [...parts], 0);
