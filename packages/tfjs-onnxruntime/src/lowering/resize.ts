// Resizing of images (N, H, W, C). Both axes are apart from each other and linear in the image, so each is a product
// with a matrix (new size, old size) that says what an output row takes of each input row; the gradient is the product
// with its transpose.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { asFloat, type Lowering, shapeOf } from './lowering.ts';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
  readonly size: readonly [number, number];
}

/** Where the center of output `i` lies among inputs; as TensorFlow.js, corners are aligned where there are two. */
function positions(from: number, to: number, { alignCorners, halfPixelCenters }: ResizeAttributes): number[] {
  const aligned = alignCorners && to > 1 ? 1 : 0;
  const ratio = (from - aligned) / (to - aligned);
  return Array.from({ length: to }, (_, i) => (halfPixelCenters ? ratio * (i + 0.5) : ratio * i));
}

/** The input that is nearest to each output. */
function nearest(from: number, to: number, a: ResizeAttributes): Int32Array {
  return Int32Array.from(positions(from, to, a), (at) =>
    Math.max(0, Math.min(from - 1, a.alignCorners ? Math.round(at) : Math.floor(at))),
  );
}

/** Row i holds the shares of output i, (to, from). */
function bilinearMatrix(from: number, to: number, a: ResizeAttributes): Float32Array {
  const matrix = new Float32Array(to * from);
  positions(from, to, a).forEach((center, i) => {
    const at = a.halfPixelCenters ? center - 0.5 : center;
    const low = Math.max(0, Math.floor(at));
    const high = Math.min(from - 1, Math.ceil(at));
    const share = at - low;
    matrix[i * from + low]! += 1 - share;
    matrix[i * from + Math.max(0, high)]! += share;
  });
  return matrix;
}

function nearestMatrix(from: number, to: number, a: ResizeAttributes): Float32Array {
  const matrix = new Float32Array(to * from);
  nearest(from, to, a).forEach((source, i) => {
    matrix[i * from + source] = 1;
  });
  return matrix;
}

function transposed(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** rows (h, H) and columns (w, W) applied to an image batch (N, H, W, C): (N, h, w, C). */
function apply(g: GraphBuilder, x: Value, rows: Float32Array, columns: Float32Array): Value {
  const [n, oldHeight, oldWidth, c] = shapeOf(x) as [number, number, number, number];
  const [height, width] = [rows.length / oldHeight, columns.length / oldWidth];
  const lines = op.reshape(g, x, [n, oldHeight, oldWidth * c]);
  const tall = op.matMul(g, g.constant(rows, [height, oldHeight]), lines);
  const pixels = op.reshape(g, tall, [n * height, oldWidth, c]);
  const wide = op.matMul(g, g.constant(columns, [width, oldWidth]), pixels);
  return op.reshape(g, wide, [n, height, width, c]);
}

type Matrix = (from: number, to: number, a: ResizeAttributes) => Float32Array;

const gradient =
  (matrix: Matrix): Lowering<ResizeAttributes> =>
  ({ graph: g }, { images, dy }, a) => {
    const [, height, width] = shapeOf(images!) as [number, number, number];
    const [, newHeight, newWidth] = shapeOf(dy!) as [number, number, number];
    return apply(
      g,
      dy!,
      transposed(matrix(height, newHeight, a), newHeight),
      transposed(matrix(width, newWidth, a), newWidth),
    );
  };

export const RESIZE: Record<string, Lowering> = {
  ResizeBilinear: ({ graph: g }, { images }, a: ResizeAttributes) => {
    const [, height, width] = shapeOf(images!) as [number, number, number];
    const [newHeight, newWidth] = a.size;
    const rows = bilinearMatrix(height, newHeight, a);
    return apply(g, asFloat(g, images!), rows, bilinearMatrix(width, newWidth, a));
  },
  ResizeBilinearGrad: gradient(bilinearMatrix),
  ResizeNearestNeighbor: ({ graph: g }, { images }, a: ResizeAttributes) => {
    const [, height, width] = shapeOf(images!) as [number, number, number];
    const tall = op.gather(g, images!, g.constant(nearest(height, a.size[0], a)), 1);
    return op.gather(g, tall, g.constant(nearest(width, a.size[1], a)), 2);
  },
  ResizeNearestNeighborGrad: gradient(nearestMatrix),
};
