// An augmentation: which transforms, in which ranges. Parameters are drawn apart from being applied, so that a test
// can give Keras and Sightline the same ones, and a sheet can say what was done to each image.
// Order as Keras' ImageDataGenerator: rotate, shift, shear and zoom in one warp, channel shift, flips, brightness.

import { aboutCentre, compose, IDENTITY, isIdentity } from './affine.ts';
import { type BrightnessRange, brighten, drawBrightness } from './brightness.ts';
import { drawChannelShift, shiftChannels } from './channel-shift.ts';
import type { FillMode } from './fill.ts';
import { drawFlip, flip } from './flip.ts';
import type { Random } from './random.ts';
import { drawRotation, rotation } from './rotation.ts';
import { drawShear, shear } from './shear.ts';
import { drawShift, shift } from './shift.ts';
import { warp } from './warp.ts';
import { drawZoom, type ZoomRange, zoom, zoomRange } from './zoom.ts';

/** Ranges to draw from; what is left out is not done. */
export interface AugmentationOptions {
  /** Degrees: within +-rotation. */
  readonly rotation?: number;
  /** Below 1 a fraction of the side, else pixels: within +-. */
  readonly widthShift?: number;
  readonly heightShift?: number;
  /** Degrees: within +-shear. */
  readonly shear?: number;
  /** A number r means 1 - r to 1 + r. */
  readonly zoom?: ZoomRange;
  readonly horizontalFlip?: boolean;
  readonly verticalFlip?: boolean;
  /** Levels of 255: within +-channelShift. */
  readonly channelShift?: number;
  /** Factors from dark to bright. */
  readonly brightness?: BrightnessRange;
  /** What lies outside of the picture: `nearest` unless given. */
  readonly fill?: FillMode;
  /** Levels, for `constant`: 0 unless given. */
  readonly fillValue?: number;
}

/** What is done to one image: plain numbers, whose neutral values change nothing. */
export interface AugmentationParameters {
  /** Degrees. */
  readonly rotation: number;
  /** Pixels. */
  readonly heightShift: number;
  readonly widthShift: number;
  /** Degrees. */
  readonly shear: number;
  readonly zoom: readonly [rows: number, columns: number];
  readonly horizontalFlip: boolean;
  readonly verticalFlip: boolean;
  /** Levels. */
  readonly channelShift: number;
  readonly brightness: number;
}

export const NEUTRAL: AugmentationParameters = {
  rotation: 0,
  heightShift: 0,
  widthShift: 0,
  shear: 0,
  zoom: [1, 1],
  horizontalFlip: false,
  verticalFlip: false,
  channelShift: 0,
  brightness: 1,
};

/** Draws for one image of height x width. What is not asked for draws nothing. */
export function drawParameters(
  options: AugmentationOptions,
  height: number,
  width: number,
  random: Random,
): AugmentationParameters {
  const { rotation, heightShift, widthShift, shear, zoom, channelShift, brightness } = options;
  return {
    rotation: rotation ? drawRotation(rotation, random) : 0,
    heightShift: heightShift ? drawShift(heightShift, height, random) : 0,
    widthShift: widthShift ? drawShift(widthShift, width, random) : 0,
    shear: shear ? drawShear(shear, random) : 0,
    zoom: zoom === undefined || zoomRange(zoom).every((side) => side === 1) ? [1, 1] : drawZoom(zoom, random),
    horizontalFlip: options.horizontalFlip ? drawFlip(random) : false,
    verticalFlip: options.verticalFlip ? drawFlip(random) : false,
    channelShift: channelShift ? drawChannelShift(channelShift, random) : 0,
    brightness: brightness ? drawBrightness(brightness, random) : 1,
  };
}

export interface ImageSource {
  readonly pixels: Uint8Array;
  /** Where in `pixels` the image begins. */
  readonly from: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Applies parameters to one RGB image: floats in levels times `scale` go into `out` from `at` on. For equal
 * parameters equals Keras' ImageDataGenerator.apply_transform.
 */
export function applyParameters(
  { pixels, from, height, width }: ImageSource,
  parameters: AugmentationParameters,
  { fill = 'nearest', fillValue = 0 }: Pick<AugmentationOptions, 'fill' | 'fillValue'>,
  out: Float32Array,
  at: number,
  scale: number,
): void {
  const { channelShift, brightness } = parameters;
  const levels = channelShift !== 0 || brightness !== 1;
  const map = samplingMap(parameters, height, width);
  const size = height * width * 3;
  const firstScale = levels ? 1 : scale;
  if (isIdentity(map)) {
    for (let i = 0; i < size; i++) out[at + i] = pixels[from + i]! * firstScale;
  } else {
    warp(pixels, from, height, width, map, fill, fillValue, { out, at, scale: firstScale });
  }
  if (!levels) return;
  const image = out.subarray(at, at + size);
  if (channelShift !== 0) shiftChannels(image, channelShift);
  if (brightness !== 1) brighten(image, brightness);
  if (scale !== 1) for (let i = 0; i < size; i++) image[i] = image[i]! * scale;
}

/** All geometry as one map. Flips come last in Keras; here they act on output coordinates, which is the same. */
function samplingMap(parameters: AugmentationParameters, height: number, width: number) {
  const { rotation: angle, heightShift, widthShift, shear: lean, zoom: factors } = parameters;
  const steps = [
    angle === 0 ? IDENTITY : rotation(angle),
    shift(heightShift, widthShift),
    lean === 0 ? IDENTITY : shear(lean),
    zoom(...factors),
  ];
  const about = steps.reduce(compose);
  const centred = isIdentity(about) ? about : aboutCentre(about, height, width);
  return compose(centred, flip(parameters.horizontalFlip, parameters.verticalFlip, height, width));
}
