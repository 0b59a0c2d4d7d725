/** Resizes an image to the size that a network takes. The *fit* says what happens to its aspect ratio. */

import { SightlineError } from '@sightline/core';
import { INTERPOLATIONS, type Interpolation } from './filters.ts';
import type { RgbImage } from './image.ts';
import { type Box, resample } from './resample.ts';

/**
 * - `stretch`: the whole image, distorted where the aspect ratio differs (Keras' load_img).
 * - `crop`: the largest centered part of the right aspect ratio (Keras' keep_aspect_ratio=True; CSS' `cover`).
 * - `pad`: the whole image, centered, between black bars (Keras' pad_to_aspect_ratio=True; CSS' `contain`).
 */
export const FITS = ['stretch', 'crop', 'pad'] as const;
export type Fit = (typeof FITS)[number];

export type Size = readonly [height: number, width: number];

/** How every image of a run is resized; stored with the run, and used again for prediction. */
export interface ResizeOptions {
  /** Pixels: height, width. */
  readonly size: Size;
  /** Default: nearest, as Keras. */
  readonly interpolation?: Interpolation;
  /** Default: stretch, as Keras. */
  readonly fit?: Fit;
}

export interface CropOptions {
  /**
   * The share of the side of the centered part that `crop` keeps. 0.875 is the usual one for networks trained on
   * ImageNet. Default: 1.
   */
  readonly cropFraction?: number;
}

export type ResizeSettings = Required<ResizeOptions>;

/** The longest side that images are resized to. */
export const LONGEST_SIDE = 4096;

/** Fills in the defaults. Throws SightlineError `option` for a size, interpolation or fit that is none. */
export function resizeSettings({
  size,
  interpolation = 'nearest',
  fit = 'stretch',
}: ResizeOptions): ResizeSettings {
  if (
    size.length !== 2 ||
    !size.every((side) => Number.isInteger(side) && side >= 1 && side <= LONGEST_SIDE)
  ) {
    refuse(
      `The image size must be two whole numbers from 1 to ${LONGEST_SIDE} (height, width), not ${size}.`,
    );
  }
  if (!INTERPOLATIONS.includes(interpolation)) {
    refuse(`The interpolation must be one of ${INTERPOLATIONS.join(', ')}, not ${interpolation}.`);
  }
  if (!FITS.includes(fit)) refuse(`The fit must be one of ${FITS.join(', ')}, not ${fit}.`);
  return { size: [size[0], size[1]], interpolation, fit };
}

function refuse(message: string): never {
  throw new SightlineError('option', message);
}

/**
 * Resizes an RGB image to [height, width]; equals Pillow's resize to the last bit. May return the image itself where it
 * has that size. Throws as resizeSettings does, and for a crop fraction that is not above 0 and up to 1.
 */
export function resizeImage(
  image: RgbImage,
  size: Size,
  { cropFraction = 1, ...options }: Omit<ResizeOptions, 'size'> & CropOptions = {},
): RgbImage {
  const { interpolation, fit } = resizeSettings({ ...options, size });
  if (!(cropFraction > 0 && cropFraction <= 1)) {
    refuse(`The crop fraction must be a number above 0 and up to 1, not ${cropFraction}.`);
  }
  const [height, width] = size;
  if (fit === 'stretch') return resample(image, height, width, interpolation);
  if (fit === 'crop')
    return resample(image, height, width, interpolation, centeredBox(image, size, cropFraction));
  const scale = Math.min(width / image.width, height / image.height);
  const innerHeight = Math.max(1, Math.round(image.height * scale));
  const innerWidth = Math.max(1, Math.round(image.width * scale));
  return padded(resample(image, innerHeight, innerWidth, interpolation), height, width);
}

/** The box that Keras' load_img cuts out with keep_aspect_ratio, and a fraction of it about its center. */
function centeredBox({ width, height }: RgbImage, [targetHeight, targetWidth]: Size, fraction: number): Box {
  const side = (most: number, exact: number) => Math.min(most, Math.max(1, Math.floor(exact)));
  const cropHeight = side(height, side(height, (width * targetHeight) / targetWidth) * fraction);
  const cropWidth = side(width, side(width, (height * targetWidth) / targetHeight) * fraction);
  const [left, top] = [Math.floor((width - cropWidth) / 2), Math.floor((height - cropHeight) / 2)];
  return [left, top, left + cropWidth, top + cropHeight];
}

function padded(image: RgbImage, height: number, width: number): RgbImage {
  if (image.width === width && image.height === height) return image;
  const data = new Uint8Array(height * width * 3);
  const [left, top] = [Math.floor((width - image.width) / 2), Math.floor((height - image.height) / 2)];
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    data.set(row, ((top + y) * width + left) * 3);
  }
  return { data, width, height };
}
