/** Bands: a batch in parts of a few images, whose intermediate values stay in cache; and rows to look pixels up in. */

import { type GraphBuilder, op, sizeOf, type Value } from '@sightline/onnx';

export interface Band {
  /** The first of its images in the batch. */
  readonly first: number;
  readonly images: number;
}

/** A batch in bands of at most `most` images, at least one. */
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

/** A row of zeros behind the rows (axis -2) of (…, rows, C), for tables that point outside. Pad would take twice as long. */
export function withZeroRow(g: GraphBuilder, x: Value): Value {
  const shape = (x.shape as number[]).with(-2, 1);
  const zeros = g.constant(new Float32Array(sizeOf(shape)!), shape);
  return op.concat(g, [x, zeros], shape.length - 2);
}
