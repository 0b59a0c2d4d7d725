// Random resized crop (Szegedy et al., 2014; the parameters are torchvision's): a part of the image, of random area and
// aspect, drawn over the whole of it.

import { type Affine, IDENTITY } from './affine.ts';
import type { Random } from './random.ts';

export interface CropRange {
  /** Share of the image's area: 0.08 to 1 unless given. */
  readonly scale?: readonly [low: number, high: number];
  /** Width by height, relative to the image's own: 3/4 to 4/3 unless given. */
  readonly ratio?: readonly [low: number, high: number];
}

/** Pixels, not rounded. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Area uniform, aspect uniform in its logarithm, place uniform; sides are cut to the image's. */
export function drawCrop(range: CropRange, height: number, width: number, random: Random): Crop {
  const [smallest, largest] = range.scale ?? [0.08, 1];
  const [narrow, wide] = range.ratio ?? [3 / 4, 4 / 3];
  const area = random.uniform(smallest, largest);
  const aspect = Math.exp(random.uniform(Math.log(narrow), Math.log(wide)));
  const cropWidth = width * Math.min(1, Math.sqrt(area * aspect));
  const cropHeight = height * Math.min(1, Math.sqrt(area / aspect));
  const top = random.uniform(0, height - cropHeight);
  return { top, left: random.uniform(0, width - cropWidth), height: cropHeight, width: cropWidth };
}

/** Maps output pixels into the part; pixels are areas, so their centres lie at a half. */
export function crop({ top, left, height, width }: Crop, imageHeight: number, imageWidth: number): Affine {
  const [a, d] = [height / imageHeight, width / imageWidth];
  return { ...IDENTITY, a, d, tr: top + a / 2 - 0.5, tc: left + d / 2 - 0.5 };
}
