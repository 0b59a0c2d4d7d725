/**
 * Winograd's convolutions for training: forward and both gradients, NHWC. The convolution is linear in the image and in
 * the kernel, so the kernel's gradient is Kt (sum over tiles of (I d) * (Ot dy)), and the image's gradient is a convolution
 * of dy with the kernel rotated by 180 degrees. Rounding errors are some 1e-6 of the largest value. The batch is taken in
 * *bands* of images whose transforms stay in cache.
 */

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { type Band, bandsOf, joined, withZeroRow } from './bands.ts';
import { columnsReversed, transposed } from './toom-cook.ts';
import { FOURS, THREES, transform, type Winograd } from './winograd.ts';

/** A graph that is being built, and values that its lowerings make once for each key. */
export interface SharingGraph {
  readonly graph: GraphBuilder;
  share<T>(key: string, make: () => T): T;
}

/** A 2-D convolution as `Conv2DInfo` of TensorFlow.js describes it. */
export interface Convolution {
  readonly batchSize: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padInfo: {
    readonly top: number;
    readonly left: number;
    readonly bottom: number;
    readonly right: number;
  };
}

/** The shape of a value as numbers: these graphs have no symbolic sizes. */
const shapeOf = (value: Value): number[] => value.shape as number[];

/** Bytes of transforms per band, unless kernels are large: they are read once per band. */
const BAND = 5 * 2 ** 20;
const KERNELS_PER_BAND = 4;

const FEWEST_CHANNELS = 16;
/**
 * Most products per output: a convolution as it stands has 9. Tiles overhang at the lower and right edge, and with more
 * products than this the transforms cost what is saved.
 */
const MOST_PRODUCTS = 3.6;

/** A convolution's tiles: their form, and how many of them cover an image. */
interface Tiling extends Winograd {
  readonly down: number;
  readonly across: number;
}

const tilingBy = (form: Winograd, i: Convolution): Tiling => ({
  ...form,
  down: Math.ceil(i.outHeight / form.tile),
  across: Math.ceil(i.outWidth / form.tile),
});

const productsOf = ({ down, across, products }: Tiling): number => down * across * products;

/** The tiles that take the fewest products. */
function tilingOf(i: Convolution): Tiling {
  const [fours, threes] = [tilingBy(FOURS, i), tilingBy(THREES, i)];
  return productsOf(threes) < productsOf(fours) ? threes : fours;
}

/** Whether a convolution can be computed so, and has enough channels and few enough overhanging tiles to gain by it. */
export function isWinograd(i: Convolution): boolean {
  const { top, left, bottom, right } = i.padInfo;
  return (
    [i.filterHeight, i.filterWidth].every((size) => size === 3) &&
    [i.strideHeight, i.strideWidth, i.dilationHeight, i.dilationWidth].every((step) => step === 1) &&
    // The gradient's convolution has paddings of 2 less these.
    [top, left, bottom, right].every((padding) => padding <= 2) &&
    Math.min(i.inChannels, i.outChannels) >= FEWEST_CHANNELS &&
    productsOf(tilingOf(i)) <= MOST_PRODUCTS * i.outHeight * i.outWidth
  );
}

function bands(i: Convolution): Band[] {
  const tiling = tilingOf(i);
  const bytesPerImage = 4 * productsOf(tiling) * (i.inChannels + i.outChannels);
  const kernelBytes = 4 * tiling.products * i.inChannels * i.outChannels;
  return bandsOf(i.batchSize, Math.max(BAND, KERNELS_PER_BAND * kernelBytes) / bytesPerImage);
}

/** (N * H * W + 1, C): the pixels of an image batch, and a zero row behind them. */
function pixelRows(context: SharingGraph, x: Value): Value {
  const { graph: g } = context;
  const [n, h, w, c] = shapeOf(x) as [number, number, number, number];
  return context.share(`winograd pixels ${x.name}`, () => withZeroRow(g, op.reshape(g, x, [n * h * w, c])));
}

/** The image that squares lie on, and how far the first one begins outside of it. */
interface Image {
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
}

/**
 * The rows of `pixelRows` under squares of `side` at steps of a tile, (side * side, images * tiles); the last row for
 * pixels outside.
 */
function squareTable(i: Convolution, band: Band, side: number, image: Image): Int32Array {
  const { height, width, top, left } = image;
  const { tile, down, across } = tilingOf(i);
  const outside = i.batchSize * height * width;
  const table = new Int32Array(side * side * band.images * down * across);
  let at = 0;
  for (let dy = 0; dy < side; dy++) {
    for (let dx = 0; dx < side; dx++) {
      for (let n = band.first; n < band.first + band.images; n++) {
        for (let u = 0; u < down; u++) {
          const row = u * tile + dy - top;
          for (let v = 0; v < across; v++) {
            const column = v * tile + dx - left;
            const inside = row >= 0 && row < height && column >= 0 && column < width;
            table[at++] = inside ? (n * height + row) * width + column : outside;
          }
        }
      }
    }
  }
  return table;
}

/** `squareTable` as a constant, (side * side, images * tiles), made once for all layers of one geometry. */
function squares(context: SharingGraph, i: Convolution, band: Band, side: number, image: Image): Value {
  const sizes = [i.batchSize, i.outHeight, i.outWidth, image.height, image.width, image.top, image.left];
  const { graph: g } = context;
  return context.share(`winograd squares ${[side, band.first, band.images, ...sizes]}`, () => {
    const table = squareTable(i, band, side, image);
    return g.constant(table, [side * side, table.length / (side * side)]);
  });
}

/** I d of a band, (products, images * tiles, C). Forward and the kernel's gradient share it. */
function inputTransform(context: SharingGraph, x: Value, i: Convolution, band: Band): Value {
  const { graph: g } = context;
  const { top, left } = i.padInfo;
  const key = `winograd input ${x.name} ${[top, left, i.outHeight, i.outWidth, band.first, band.images]}`;
  return context.share(key, () => {
    const image = { height: i.inHeight, width: i.inWidth, top, left };
    const { patch, input } = tilingOf(i);
    const patches = op.gather(g, pixelRows(context, x), squares(context, i, band, patch, image), 0);
    return transform(g, input, patches);
  });
}

/** For each pixel of a band's outputs, in row-major order, its row among tiles (row in tile, column in tile, tile). */
function untileTable(i: Convolution, { images }: Band): Int32Array {
  const { tile: side, down, across } = tilingOf(i);
  const table = new Int32Array(images * i.outHeight * i.outWidth);
  let at = 0;
  for (let n = 0; n < images; n++) {
    for (let row = 0; row < i.outHeight; row++) {
      for (let column = 0; column < i.outWidth; column++) {
        const place = (row % side) * side + (column % side);
        const tile = (n * down + Math.floor(row / side)) * across + Math.floor(column / side);
        table[at++] = place * images * down * across + tile;
      }
    }
  }
  return table;
}

/** K w, (products, C, F), of a kernel (3, 3, C, F). */
function kernelTransform(context: SharingGraph, filter: Value, { tile, kernel }: Winograd): Value {
  const { graph: g } = context;
  return context.share(`winograd kernel ${filter.name} ${tile}`, () => {
    return transform(g, kernel, op.reshape(g, filter, [9, ...shapeOf(filter).slice(2)]));
  });
}

/** Image (N, H, W, C) times transformed kernel; `finish` (bias, activation) is applied to each band in cache. */
function product(
  context: SharingGraph,
  x: Value,
  kernel: Value,
  i: Convolution,
  finish: (y: Value) => Value,
): Value {
  const { graph: g } = context;
  const { output } = tilingOf(i);
  const parts = bands(i).map((band) => {
    const products = op.matMul(g, inputTransform(context, x, i, band), kernel);
    const tiles = transform(g, output, products);
    const [places, count, filters] = shapeOf(tiles) as [number, number, number];
    const rows = op.reshape(g, tiles, [places * count, filters]);
    const order = context.share(`winograd untile ${[band.images, i.outHeight, i.outWidth]}`, () =>
      g.constant(untileTable(i, band)),
    );
    const y = op.gather(g, rows, order, 0);
    return finish(op.reshape(g, y, [band.images, i.outHeight, i.outWidth, filters]));
  });
  return joined(g, parts);
}

/** The convolution (N, OH, OW, F) of x (N, H, W, C) with a kernel (3, 3, C, F). */
export const winogradForward = (
  context: SharingGraph,
  x: Value,
  filter: Value,
  i: Convolution,
  finish: (y: Value) => Value = (y) => y,
): Value => product(context, x, kernelTransform(context, filter, tilingOf(i)), i, finish);

/**
 * The convolution of dy with the kernel rotated by 180 degrees, and as much padding as reaches all windows, that gives
 * the gradient by the image.
 */
function backward(i: Convolution): Convolution {
  const { top, left, bottom, right } = i.padInfo;
  return {
    ...i,
    inHeight: i.outHeight,
    inWidth: i.outWidth,
    inChannels: i.outChannels,
    outHeight: i.inHeight,
    outWidth: i.inWidth,
    outChannels: i.inChannels,
    padInfo: { ...i.padInfo, top: 2 - top, left: 2 - left, bottom: 2 - bottom, right: 2 - right },
  };
}

/** The gradient by the image. */
export function winogradInputGradient(
  context: SharingGraph,
  dy: Value,
  filter: Value,
  i: Convolution,
): Value {
  const { graph: g } = context;
  const back = backward(i);
  const { tile, kernel } = tilingOf(back);
  const rotated = context.share(`winograd rotated ${filter.name} ${tile}`, () => {
    const places = op.reshape(g, filter, [9, i.inChannels, i.outChannels]);
    // ONNX Runtime fuses the transpose into the product on cpu.
    return op.transpose(g, transform(g, columnsReversed(kernel), places), [0, 2, 1]);
  });
  return product(context, dy, rotated, back, (y) => y);
}

/**
 * The gradient by the kernel, (3, 3, C, F): that by the rotated kernel of the convolution `backward`, whose image is dy
 * and the gradient of whose output is x. So it shares I dy with the gradient by the image, a band at a time, and I x
 * need not be kept from the forward pass.
 */
export function winogradFilterGradient(context: SharingGraph, x: Value, dy: Value, i: Convolution): Value {
  const { graph: g } = context;
  const back = backward(i);
  const image = { height: i.inHeight, width: i.inWidth, top: 0, left: 0 };
  const { tile, output, kernel } = tilingOf(back);
  const sums = bands(back).map((band) => {
    const rows = squares(context, back, band, tile, image);
    const whole = i.inHeight % tile === 0 && i.inWidth % tile === 0;
    const pixels = whole
      ? op.reshape(g, x, [i.batchSize * i.inHeight * i.inWidth, i.inChannels])
      : pixelRows(context, x);
    const tiles = transform(g, transposed(output), op.gather(g, pixels, rows, 0));
    return op.matMul(g, op.transpose(g, tiles, [0, 2, 1]), inputTransform(context, dy, back, band));
  });
  const sum = sums.reduce((a, b) => op.add(g, a, b));
  const gradient = transform(g, transposed(columnsReversed(kernel)), sum);
  return op.reshape(g, gradient, [3, 3, i.inChannels, i.outChannels]);
}
