// What a first convolution looks for, as pictures: each kernel is a small image, since it weighs pixels.
// A kernel has weights of both signs and a picture has none below 0, so there are two pictures of each: the positive
// part (where light helps) and the negative part (where darkness helps).

import { SightlineError } from '@sightline/core';
import { enlarge, type Image } from '@sightline/image';

/** Which half of the weights a picture shows: those above 0, or those below with their sign turned. */
export type KernelSign = 'positive' | 'negative';

export interface KernelGridOptions {
  /** Pixels for each weight, in both directions. */
  scale?: number;
  /** Kernels in a row. */
  columns?: number;
  /** Transparent pixels between two kernels. */
  gap?: number;
}

/** Below this, a maximum is taken for noise and not divided by: a kernel of zeros stays black. */
const noise = 1e-3;

/**
 * One kernel's part of the given sign as an image: `k` or `-k`, clipped at 0, divided by its maximum where that is
 * over 1e-3. A kernel of one channel is gray, one of three is RGB.
 * @param kernels weights in TensorFlow's order, [height, width, channels, kernels]
 */
export function kernelImage(
  kernels: Float32Array,
  shape: readonly number[],
  index: number,
  sign: KernelSign,
): Image {
  const [height, width, channels, count] = checkShape(kernels, shape);
  const data = new Uint8Array(height * width * 3);
  const factor = sign === 'positive' ? 1 : -1;
  let maximum = 0;
  for (let i = index; i < kernels.length; i += count) maximum = Math.max(maximum, factor * kernels[i]!);
  const divisor = maximum > noise ? maximum : 1;
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < 3; c++) {
      const weight = kernels[(pixel * channels + (channels === 1 ? 0 : c)) * count + index]!;
      data[pixel * 3 + c] = Math.round((Math.max(0, factor * weight) / divisor) * 255);
    }
  }
  return { data, width, height, channels: 3 };
}

/**
 * All kernels of a layer side by side, each as `kernelImage` draws it, on a transparent ground.
 * @param shape [height, width, channels, kernels] with 1 or 3 channels
 */
export function kernelGrid(
  kernels: Float32Array,
  shape: readonly number[],
  sign: KernelSign,
  options: KernelGridOptions = {},
): Image {
  const [kernelHeight, kernelWidth, , count] = checkShape(kernels, shape);
  const { scale = 8, gap = 4 } = options;
  const columns = Math.min(options.columns ?? 8, count);
  const rows = Math.ceil(count / columns);
  const tileWidth = kernelWidth * scale;
  const tileHeight = kernelHeight * scale;
  const width = columns * (tileWidth + gap) - gap;
  const height = rows * (tileHeight + gap) - gap;
  const data = new Uint8Array(width * height * 4);
  for (let index = 0; index < count; index++) {
    const tile = enlarge(kernelImage(kernels, shape, index, sign), scale);
    const left = (index % columns) * (tileWidth + gap);
    const top = Math.trunc(index / columns) * (tileHeight + gap);
    for (let y = 0; y < tileHeight; y++) {
      for (let x = 0; x < tileWidth; x++) {
        const to = ((top + y) * width + left + x) * 4;
        const from = (y * tileWidth + x) * 3;
        for (let c = 0; c < 3; c++) data[to + c] = tile.data[from + c]!;
        data[to + 3] = 255;
      }
    }
  }
  return { data, width, height, channels: 4 };
}

export interface GrayGridOptions {
  /** The channels to show, in their order. */
  readonly channels: readonly number[];
  /** Channels in a row. */
  readonly columns: number;
  /** Pixels for each value, in both directions. Default: 1. */
  readonly scale?: number;
  /** White pixels between two channels. Default: 3. */
  readonly gap?: number;
}

/**
 * Channels of an image's activations side by side, each from its smallest value (black) to its largest (white).
 * @param activations (height, width, channels)
 */
export function grayGrid(
  activations: Float32Array,
  [height, width, count]: readonly [height: number, width: number, channels: number],
  { channels, columns, scale = 1, gap = 3 }: GrayGridOptions,
): Image {
  if (height * width * count !== activations.length || channels.some((k) => !(k >= 0 && k < count))) {
    throw new SightlineError(
      'shape',
      `Activations of the shape [${height}, ${width}, ${count}] are ${height * width * count} numbers, but ${activations.length} came, or a channel beyond them was asked for.`,
    );
  }
  const rows = Math.ceil(channels.length / columns);
  const [tileWidth, tileHeight] = [width * scale, height * scale];
  const gridWidth = columns * (tileWidth + gap) - gap;
  const gridHeight = rows * (tileHeight + gap) - gap;
  const data = new Uint8Array(gridWidth * gridHeight).fill(255);
  channels.forEach((channel, index) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = channel; i < activations.length; i += count) {
      low = Math.min(low, activations[i]!);
      high = Math.max(high, activations[i]!);
    }
    const factor = high > low ? 255 / (high - low) : 0;
    const left = (index % columns) * (tileWidth + gap);
    const top = Math.trunc(index / columns) * (tileHeight + gap);
    for (let y = 0; y < tileHeight; y++) {
      for (let x = 0; x < tileWidth; x++) {
        const place = Math.trunc(y / scale) * width + Math.trunc(x / scale);
        const value = (activations[place * count + channel]! - low) * factor;
        data[(top + y) * gridWidth + left + x] = Math.round(value);
      }
    }
  });
  return { data, width: gridWidth, height: gridHeight, channels: 1 };
}

function checkShape(kernels: Float32Array, shape: readonly number[]): [number, number, number, number] {
  const [height = 0, width = 0, channels = 0, count = 0] = shape;
  if (shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw new SightlineError(
      'shape',
      `Kernels to be drawn have the shape [height, width, 1 or 3 channels, kernels], not [${shape.join(', ')}].`,
    );
  }
  if (count < 1 || height * width * channels * count !== kernels.length) {
    throw new SightlineError(
      'shape',
      `Kernels of the shape [${shape.join(', ')}] are ${height * width * channels * count} numbers, but ${kernels.length} came.`,
    );
  }
  return [height, width, channels, count];
}
