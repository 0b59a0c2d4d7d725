/** Images in memory: rows of pixels from the top, channels last, one byte per channel. */

import { SightlineError } from '@sightline/core';

/** Pixels as [height, width, channels] bytes. 1 channel is gray, 3 are RGB, 4 are RGB and opacity. */
export interface Image {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** RGB pixels, row by row, three bytes each: what networks take. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Returns the image. Throws SightlineError `shape` where its size and its bytes disagree. */
export function checkImage<T extends Image>(image: T): T {
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

/** From this opacity on, a pixel is rather seen than seen through. */
const SEEN = 128;
/** A shape whose channels are nowhere darker than this can hardly be told from white. */
const NEARLY_WHITE = 224;

/**
 * Any image as RGB: gray becomes three equal channels, and what is transparent is laid on white, as viewers and pages
 * show it, or on black if the shape itself is nearly white. Where all pixels are transparent, opacity is ignored: the
 * picture is in the colors alone. Takes a canvas' `ImageData` with `channels: 4`. Throws SightlineError `shape` as
 * checkImage does.
 */
export function toRgb(image: Image): RgbImage {
  const { data, width, height, channels } = checkImage(image);
  if (channels === 3) {
    return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height };
  }
  const rgb = new Uint8Array(width * height * 3);
  if (channels === 4) layOnBackground(data, rgb);
  else spreadGray(data, rgb);
  return { data: rgb, width, height };
}

function spreadGray(gray: Image['data'], rgb: Uint8Array): void {
  for (let from = 0, to = 0; to < rgb.length; from++, to += 3) {
    rgb[to] = gray[from]!;
    rgb[to + 1] = gray[from]!;
    rgb[to + 2] = gray[from]!;
  }
}

/** The mean of image and background, weighted by opacity and rounded, as Pillow's `paste` with a mask has it. */
function layOnBackground(rgba: Image['data'], rgb: Uint8Array): void {
  const background = backgroundOf(rgba);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const opacity = background === undefined ? 255 : rgba[from + 3]!;
    const behind = (background ?? 0) * (255 - opacity);
    rgb[to] = Math.round((rgba[from]! * opacity + behind) / 255);
    rgb[to + 1] = Math.round((rgba[from + 1]! * opacity + behind) / 255);
    rgb[to + 2] = Math.round((rgba[from + 2]! * opacity + behind) / 255);
  }
}

/** The gray behind an image; undefined if all of it is transparent. */
function backgroundOf(rgba: Image['data']): number | undefined {
  let [darkest, mostOpaque] = [255, 0];
  for (let i = 0; i < rgba.length; i += 4) {
    const opacity = rgba[i + 3]!;
    mostOpaque = Math.max(mostOpaque, opacity);
    if (opacity >= SEEN) darkest = Math.min(darkest, rgba[i]!, rgba[i + 1]!, rgba[i + 2]!);
  }
  if (mostOpaque === 0) return undefined;
  return darkest < NEARLY_WHITE || mostOpaque < SEEN ? 255 : 0;
}

/**
 * Repeats each pixel `factor` times in both directions: edges stay sharp, nothing is interpolated. Throws
 * SightlineError `option` for a factor that is not a whole number of at least 1.
 */
export function enlarge(image: Image, factor: number): Image {
  checkImage(image);
  if (!Number.isInteger(factor) || factor < 1) {
    throw new SightlineError(
      'option',
      `The factor of an enlargement must be a whole number of at least 1, not ${factor}.`,
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
