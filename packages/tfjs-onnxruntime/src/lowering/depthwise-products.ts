// Depthwise convolutions over small maps as one product per channel, where ONNX Runtime has no blocked maps (see
// depthwise-blocks.ts), as on ARM, or cannot take so few channels. A channel's convolution is linear in its image: with
// the map's values in a row, a matrix that holds the kernel's weights at the right places gives the outputs,
//
//   y[c] = x[c] A[c],   A[c] = w[c] P       x[c]: (images, pixels), A[c]: (pixels, outputs), P: where weights stand
//
// and the gradients are products with A transposed, and P times the gradient of A. Where whole maps would make large
// matrices, a row of outputs is computed from the rows of pixels under the kernel: the same with fewer columns. More
// multiplications than a convolution needs, at ten times its speed: ONNX Runtime takes a channel's convolution as a product
// with one row.

import { op, type Value } from '@sightline/onnx';
import { type LoweringContext, shapeOf } from './lowering.ts';
import type { Conv2DInfo } from './patches.ts';

/** Maps of at most so many pixels are taken whole. */
const WHOLE_MAP = 64;
/** Rows of more pixels: the matrix has too many zeros, and a convolution is as fast. */
const LONGEST_ROW = 32;
/** One of the two sides of the map: pixels that come in, outputs that go out. */
interface Side {
  readonly height: number;
  readonly width: number;
}

/** How outputs come from inputs: from the whole map, or a row from some rows. */
interface Plan {
  /** For each row of outputs the rows that it reads; `input.height` for none. Left out where the whole map is taken. */
  readonly rows: Int32Array | undefined;
  /** (places of the kernel, pixels * outputs): P. */
  readonly places: Float32Array;
  readonly pixels: number;
  readonly outputs: number;
}

const sidesOf = (i: Conv2DInfo): { input: Side; output: Side } => ({
  input: { height: i.inHeight, width: i.inWidth },
  output: { height: i.outHeight, width: i.outWidth },
});

const isWhole = (i: Conv2DInfo): boolean =>
  Math.max(i.inHeight * i.inWidth, i.outHeight * i.outWidth) <= WHOLE_MAP;

/** Whether a convolution and its gradients are computed here: with one output channel per input channel, on cpu. */
export const usesProducts = (context: LoweringContext, i: Conv2DInfo): boolean =>
  context.onCpu &&
  i.inChannels === i.outChannels &&
  i.batchSize > 0 &&
  Math.max(i.inWidth, i.outWidth) <= LONGEST_ROW;

/** The pixel under each place of the kernel at each output, along one axis; -1 outside. */
function under(at: number, place: number, stride: number, dilation: number, padding: number, size: number) {
  const pixel = at * stride + place * dilation - padding;
  return pixel >= 0 && pixel < size ? pixel : -1;
}

/** From pixels to outputs or, `backward`, from outputs' gradients to those of pixels. */
function planOf(i: Conv2DInfo, backward: boolean): Plan {
  const { input, output } = sidesOf(i);
  const [from, to] = backward ? [output, input] : [input, output];
  const whole = isWhole(i);
  const places = i.filterHeight * i.filterWidth;
  const pixels = whole ? from.height * from.width : i.filterHeight * from.width;
  const outputs = whole ? to.height * to.width : to.width;
  const table = new Float32Array(places * pixels * outputs);
  const rows = new Int32Array(to.height * i.filterHeight).fill(from.height);
  const columnUnder = (ox: number, kx: number) =>
    under(ox, kx, i.strideWidth, i.dilationWidth, i.padInfo.left, i.inWidth);
  const rowUnder = (oy: number, ky: number) =>
    under(oy, ky, i.strideHeight, i.dilationHeight, i.padInfo.top, i.inHeight);
  const put = (ky: number, kx: number, pixel: number, out: number) => {
    table[((ky * i.filterWidth + kx) * pixels + pixel) * outputs + out] = 1;
  };
  for (let ky = 0; ky < i.filterHeight; ky++) {
    for (let oy = 0; oy < i.outHeight; oy++) {
      const y = rowUnder(oy, ky);
      if (y < 0) continue;
      const [fromRow, toRow] = backward ? [oy, y] : [y, oy];
      rows[toRow * i.filterHeight + ky] = fromRow;
      for (let kx = 0; kx < i.filterWidth; kx++) {
        for (let ox = 0; ox < i.outWidth; ox++) {
          const x = columnUnder(ox, kx);
          if (x < 0) continue;
          const [fromColumn, toColumn] = backward ? [ox, x] : [x, ox];
          if (whole) put(ky, kx, fromRow * from.width + fromColumn, toRow * to.width + toColumn);
          else put(ky, kx, ky * from.width + fromColumn, toColumn);
        }
      }
    }
  }
  return { rows: whole ? undefined : rows, places: table, pixels, outputs };
}

/** What the geometry of a convolution says, for keys. */
const keyOf = (i: Conv2DInfo): string =>
  [i.inHeight, i.inWidth, i.filterHeight, i.filterWidth, i.outHeight, i.outWidth]
    .concat([i.strideHeight, i.strideWidth, i.dilationHeight, i.dilationWidth, i.padInfo.top, i.padInfo.left])
    .join();

const planned = (context: LoweringContext, i: Conv2DInfo, backward: boolean) =>
  context.share(`depthwise plan ${keyOf(i)} ${backward}`, () => {
    const plan = planOf(i, backward);
    const { places, pixels, outputs } = plan;
    const count = i.filterHeight * i.filterWidth;
    return { ...plan, matrix: context.graph.constant(places, [count, pixels * outputs]) };
  });

/** (C, N * H * W) of (N, H, W, C). */
function byChannel(context: LoweringContext, x: Value): Value {
  const { graph: g } = context;
  return context.share(`depthwise channels ${x.name}`, () => {
    const [n, h, w, c] = shapeOf(x) as [number, number, number, number];
    return op.transpose(g, op.reshape(g, x, [n * h * w, c]), [1, 0]);
  });
}

/** x as the products take it, (C, N or N * rows of outputs, pixels). */
function operand(context: LoweringContext, x: Value, i: Conv2DInfo, plan: Plan, side: Side): Value {
  const { graph: g } = context;
  const { batchSize: n, inChannels: c, filterHeight } = i;
  const { rows, pixels } = plan;
  if (!rows) return op.reshape(g, byChannel(context, x), [c, n, pixels]);
  return context.share(`depthwise rows ${x.name} ${keyOf(i)} ${side.height}`, () => {
    const { height, width } = side;
    const image = op.reshape(g, byChannel(context, x), [c * n, height, width]);
    const zeros = context.share(`depthwise zeros ${c * n} ${width}`, () =>
      g.constant(new Float32Array(c * n * width), [c * n, 1, width]),
    );
    const padded = rows.includes(height) ? op.concat(g, [image, zeros], 1) : image;
    const gathered = op.gather(g, padded, g.constant(rows), 1);
    return op.reshape(g, gathered, [c, (n * rows.length) / filterHeight, pixels]);
  });
}

/** A of each channel, (C, pixels, outputs), of a kernel (KH, KW, C, 1). */
function matrices(context: LoweringContext, filter: Value, i: Conv2DInfo, backward: boolean): Value {
  const { graph: g } = context;
  return context.share(`depthwise matrices ${filter.name} ${keyOf(i)} ${backward}`, () => {
    const { matrix, pixels, outputs } = planned(context, i, backward);
    const weights = op.reshape(g, filter, [i.filterHeight * i.filterWidth, i.inChannels]);
    const all = op.gemm(g, weights, matrix, undefined, { transA: true });
    return op.reshape(g, all, [i.inChannels, pixels, outputs]);
  });
}

/** (N, H, W, C) from one side of the map to the other. */
function through(context: LoweringContext, x: Value, filter: Value, i: Conv2DInfo, backward: boolean): Value {
  const { graph: g } = context;
  const { input, output } = sidesOf(i);
  const [from, to] = backward ? [output, input] : [input, output];
  const plan = planned(context, i, backward);
  const product = op.matMul(g, operand(context, x, i, plan, from), matrices(context, filter, i, backward));
  const flat = op.reshape(g, product, [i.inChannels, i.batchSize * to.height * to.width]);
  return op.reshape(g, op.transpose(g, flat, [1, 0]), [i.batchSize, to.height, to.width, i.inChannels]);
}

/** The convolution of x (N, H, W, C) with a kernel (KH, KW, C, 1). */
export const productForward = (context: LoweringContext, x: Value, filter: Value, i: Conv2DInfo): Value =>
  through(context, x, filter, i, false);

/** Its gradient by the image, of dy (N, OH, OW, C). */
export const productInputGradient = (
  context: LoweringContext,
  dy: Value,
  filter: Value,
  i: Conv2DInfo,
): Value => through(context, dy, filter, i, true);

/** Its gradient by the kernel, (KH, KW, C, 1). */
export function productFilterGradient(context: LoweringContext, x: Value, dy: Value, i: Conv2DInfo): Value {
  const { graph: g } = context;
  const { batchSize: n, inChannels: c, outHeight } = i;
  const plan = planned(context, i, false);
  const columns = operand(context, x, i, plan, sidesOf(i).input);
  const count = plan.rows ? n * outHeight : n;
  const gradients = op.reshape(g, byChannel(context, dy), [c, count, plan.outputs]);
  const sums = op.matMul(g, op.transpose(g, columns, [0, 2, 1]), gradients);
  const flat = op.reshape(g, sums, [c, plan.pixels * plan.outputs]);
  const weights = op.gemm(g, plan.matrix, flat, undefined, { transB: true });
  return op.reshape(g, weights, [i.filterHeight, i.filterWidth, c, 1]);
}
