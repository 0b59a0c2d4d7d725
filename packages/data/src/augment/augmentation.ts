// An augmentation: which transforms, in which ranges. Parameters are drawn apart from being applied, so that a test
// can give Keras and Sightline the same ones, and a sheet can say what was done to each image.
// Order: all geometry in one warp, then, as Keras' ImageDataGenerator, channel shift and brightness, then colour
// jitter, RandAugment's levels and cutout.

import { type Affine, aboutCentre, compose, IDENTITY, isIdentity } from './affine.ts';
import { type BrightnessRange, brighten, drawBrightness } from './brightness.ts';
import { drawChannelShift, shiftChannels } from './channel-shift.ts';
import { type ColorJitter, type ColorJitterRange, drawColorJitter, jitterColors } from './color-jitter.ts';
import { type Cutout, cutOut, drawCutout } from './cutout.ts';
import type { FillMode } from './fill.ts';
import { drawFlip, flip } from './flip.ts';
import { scalePixels, warpPixels } from './kernels.ts';
import type { MixOptions } from './mix.ts';
import {
  applyLevelSteps,
  drawRandAugment,
  type RandAugmentOptions,
  type RandAugmentStep,
  stepMaps,
} from './rand-augment.ts';
import type { Random } from './random.ts';
import { type Crop, type CropRange, crop, drawCrop } from './random-resized-crop.ts';
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
  readonly randomResizedCrop?: CropRange;
  readonly colorJitter?: ColorJitterRange;
  readonly randAugment?: RandAugmentOptions;
  /** Side of the square, relative to the image's shorter one. */
  readonly cutout?: number;
  /** Mixes the images and the labels of a batch. */
  readonly mix?: MixOptions;
  /** What lies outside of the picture: `nearest` unless given. */
  readonly fill?: FillMode;
  /** Levels, for `constant` and for cutout: 0 unless given. */
  readonly fillValue?: number;
}

/** What is done to one image: plain values, of which the neutral ones change nothing. */
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
  readonly crop: Crop | null;
  readonly colorJitter: ColorJitter | null;
  readonly randAugment: readonly RandAugmentStep[];
  readonly cutout: Cutout | null;
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
  crop: null,
  colorJitter: null,
  randAugment: [],
  cutout: null,
};

/** Draws for one image of height x width. What is not asked for draws nothing. */
export function drawParameters(
  options: AugmentationOptions,
  height: number,
  width: number,
  random: Random,
): AugmentationParameters {
  const { rotation, heightShift, widthShift, shear, zoom, channelShift, brightness } = options;
  const { randomResizedCrop, colorJitter, randAugment, cutout } = options;
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
    crop: randomResizedCrop ? drawCrop(randomResizedCrop, height, width, random) : null,
    colorJitter: colorJitter ? drawColorJitter(colorJitter, random) : null,
    randAugment: randAugment ? drawRandAugment(randAugment, random) : [],
    cutout: cutout ? drawCutout(cutout, height, width, random) : null,
  };
}

export interface ImagePixels {
  readonly pixels: Uint8Array;
  /** Where in `pixels` the image begins. */
  readonly from: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Applies parameters to one RGB image: floats in levels times `scale` go into `out` from `at` on. For equal
 * parameters equals Keras' ImageDataGenerator.apply_transform on square images; an oblong one is turned about its own
 * centre, where Keras takes the height for the width.
 */
export function applyParameters(
  { pixels, from, height, width }: ImagePixels,
  parameters: AugmentationParameters,
  { fill = 'nearest', fillValue = 0 }: Pick<AugmentationOptions, 'fill' | 'fillValue'>,
  out: Float32Array,
  at: number,
  scale: number,
): void {
  const levels = changesLevels(parameters);
  const map = samplingMap(parameters, height, width);
  const size = height * width * 3;
  const firstScale = levels ? 1 : scale;
  if (isIdentity(map)) {
    scalePixels(pixels, from, size, firstScale, out, at);
  } else if (fill === 'nearest' && height > 1 && width > 1) {
    warpPixels(pixels, from, height, width, map, firstScale, out, at);
  } else {
    warp(pixels, from, height, width, map, fill, fillValue, { out, at, scale: firstScale });
  }
  if (!levels) return;
  const image = out.subarray(at, at + size);
  const { channelShift, brightness, colorJitter, randAugment, cutout } = parameters;
  if (channelShift !== 0) shiftChannels(image, channelShift);
  if (brightness !== 1) brighten(image, brightness);
  if (colorJitter !== null) jitterColors(image, colorJitter);
  applyLevelSteps(image, randAugment, height, width);
  if (cutout !== null) cutOut(image, height, width, cutout, fillValue);
  if (scale !== 1) for (let i = 0; i < size; i++) image[i] = image[i]! * scale;
}

const changesLevels = ({
  channelShift,
  brightness,
  colorJitter,
  randAugment,
  cutout,
}: AugmentationParameters) =>
  channelShift !== 0 || brightness !== 1 || colorJitter !== null || randAugment.length > 0 || cutout !== null;

/** All geometry as one map. What comes last in the picture acts first on output coordinates, so it stands last here. */
function samplingMap(parameters: AugmentationParameters, height: number, width: number): Affine {
  const { rotation: angle, heightShift, widthShift, shear: lean, zoom: factors, randAugment } = parameters;
  const steps = [
    angle === 0 ? IDENTITY : rotation(angle),
    shift(heightShift, widthShift),
    lean === 0 ? IDENTITY : shear(lean),
    zoom(...factors),
    ...stepMaps(randAugment, height, width),
  ];
  const about = steps.reduce(compose);
  const centred = isIdentity(about) ? about : aboutCentre(about, height, width);
  const part = parameters.crop === null ? IDENTITY : crop(parameters.crop, height, width);
  const mirrored = flip(parameters.horizontalFlip, parameters.verticalFlip, height, width);
  return compose(compose(part, centred), mirrored);
}
