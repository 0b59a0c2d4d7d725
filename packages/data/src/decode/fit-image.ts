// Brings an image to the size that a network takes. What happens to its aspect is the *fit*:
//   stretch  the whole picture, distorted where the aspect differs (Keras' load_img)
//   crop     the largest centred part of the right aspect (Keras' keep_aspect_ratio=True)
//   pad      the whole picture, centred, with black beside it (Keras' pad_to_aspect_ratio)

import { SightlineError } from '@sightline/core';
import { type Box, type RgbImage, resizeImage } from './resize.ts';
import { INTERPOLATIONS, type Interpolation } from './resize-filter.ts';

export const FITS = ['stretch', 'crop', 'pad'] as const;
export type Fit = (typeof FITS)[number];

/** How every image of a run is brought to size; stored with the run, and used again for prediction. */
export interface ResizeOptions {
  /** Pixels: height, width. */
  readonly size: readonly [height: number, width: number];
  /** `nearest` unless given, as Keras. */
  readonly interpolation?: Interpolation;
  /** `stretch` unless given, as Keras. */
  readonly fit?: Fit;
}

/** Fills in the defaults. Throws SightlineError `option` for a size, an interpolation or a fit that is none. */
export function checkResize({
  size,
  interpolation = 'nearest',
  fit = 'stretch',
}: ResizeOptions): Required<ResizeOptions> {
  if (size.length !== 2 || !size.every((side) => Number.isInteger(side) && side >= 1 && side <= 4096)) {
    throw new SightlineError(
      'option',
      `The image size must be two whole numbers from 1 to 4096 (height, width), not ${size}.`,
    );
  }
  if (!INTERPOLATIONS.includes(interpolation)) {
    throw new SightlineError(
      'option',
      `The interpolation must be one of ${INTERPOLATIONS.join(', ')}, not ${interpolation}.`,
    );
  }
  if (!FITS.includes(fit))
    throw new SightlineError('option', `The fit must be one of ${FITS.join(', ')}, not ${fit}.`);
  return { size: [size[0], size[1]], interpolation, fit };
}

/** Resizes with the fit. */
export function fitImage(
  image: RgbImage,
  { size: [height, width], interpolation, fit }: Required<ResizeOptions>,
): RgbImage {
  if (fit === 'stretch') return resizeImage(image, height, width, interpolation);
  if (fit === 'crop')
    return resizeImage(image, height, width, interpolation, centredBox(image, height, width));
  const scale = Math.min(width / image.width, height / image.height);
  const inner = [
    Math.max(1, Math.round(image.height * scale)),
    Math.max(1, Math.round(image.width * scale)),
  ] as const;
  const small = resizeImage(image, inner[0], inner[1], interpolation);
  return padded(small, height, width);
}

/** The box that Keras' load_img cuts out with keep_aspect_ratio. */
function centredBox({ width, height }: RgbImage, targetHeight: number, targetWidth: number): Box {
  const cropHeight = Math.min(height, Math.max(1, Math.floor((width * targetHeight) / targetWidth)));
  const cropWidth = Math.min(width, Math.max(1, Math.floor((height * targetWidth) / targetHeight)));
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
