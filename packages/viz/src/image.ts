// An image in memory: rows of pixels from the top, channels last, one byte a channel.

import { SightlineError } from '@sightline/core';

/** Pixels as [height, width, channels] bytes; 1 channel is grey, 3 are RGB, 4 are RGB and opacity. */
export interface Image {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** The same image, or a SightlineError where its sizes and its bytes disagree. */
export function checkImage(image: Image): Image {
  const { width, height, channels, data } = image;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new SightlineError(
      'shape',
      `An image needs a width and a height of at least 1 pixel, not ${width} x ${height}.`,
    );
  }
  if (data.length !== width * height * channels) {
    throw new SightlineError(
      'shape',
      `An image of ${width} x ${height} with ${channels} channels has ${width * height * channels} bytes, but ${data.length} came.`,
    );
  }
  return image;
}

/** Each pixel repeated `factor` times in both directions: edges stay sharp, nothing is interpolated. */
export function enlarge(image: Image, factor: number): Image {
  checkImage(image);
  if (!Number.isInteger(factor) || factor < 1) {
    throw new SightlineError(
      'option',
      `The factor of an enlargement is a whole number of at least 1, not ${factor}.`,
    );
  }
  if (factor === 1) return image;
  const { channels } = image;
  const width = image.width * factor;
  const height = image.height * factor;
  const rowBytes = width * channels;
  const data = new Uint8Array(height * rowBytes);
  for (let y = 0; y < image.height; y++) {
    const start = y * factor * rowBytes;
    for (let x = 0; x < width; x++) {
      const from = (y * image.width + Math.trunc(x / factor)) * channels;
      for (let c = 0; c < channels; c++) data[start + x * channels + c] = image.data[from + c]!;
    }
    for (let repeat = 1; repeat < factor; repeat++) {
      data.copyWithin(start + repeat * rowBytes, start, start + rowBytes);
    }
  }
  return { data, width, height, channels };
}
