// Checks an augmentation's options before training starts, so that a mistyped range is a sentence, not a black image.

import { DataError } from '../error.ts';
import type { AugmentationOptions } from './augmentation.ts';
import { FILL_MODES } from './fill.ts';
import { zoomRange } from './zoom.ts';

const NAMES: Readonly<Record<keyof AugmentationOptions, true>> = {
  rotation: true,
  widthShift: true,
  heightShift: true,
  shear: true,
  zoom: true,
  horizontalFlip: true,
  verticalFlip: true,
  channelShift: true,
  brightness: true,
  fill: true,
  fillValue: true,
  randomResizedCrop: true,
  colorJitter: true,
  randAugment: true,
  cutout: true,
  mix: true,
};

/** Throws DataError `option` for a range that is none, and for a name that no option has. */
export function checkAugmentation(options: AugmentationOptions): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(NAMES, name)) continue;
    throw new DataError(
      'option',
      `There is no augmentation "${name}". Expected some of ${Object.keys(NAMES).join(', ')}.`,
    );
  }
  for (const name of ['rotation', 'widthShift', 'heightShift', 'shear', 'channelShift'] as const) {
    const value = options[name];
    if (value !== undefined) checkNumber(name, value, 0, Number.MAX_VALUE);
  }
  if (options.zoom !== undefined) checkRange('zoom', zoomRange(options.zoom), Number.MIN_VALUE);
  if (options.brightness !== undefined) checkRange('brightness', options.brightness, 0);
  const { cutout, colorJitter, randAugment, randomResizedCrop, mix } = options;
  if (cutout !== undefined) checkNumber('cutout', cutout, 0, 1);
  for (const [name, value] of Object.entries(colorJitter ?? {})) {
    checkNumber(`colorJitter.${name}`, value, 0, name === 'hue' ? 0.5 : Number.MAX_VALUE);
  }
  if (randAugment?.count !== undefined) checkNumber('randAugment.count', randAugment.count, 0, 20);
  if (randAugment?.magnitude !== undefined)
    checkNumber('randAugment.magnitude', randAugment.magnitude, 0, 30);
  if (randomResizedCrop?.scale)
    checkRange('randomResizedCrop.scale', randomResizedCrop.scale, Number.MIN_VALUE);
  if (randomResizedCrop?.ratio)
    checkRange('randomResizedCrop.ratio', randomResizedCrop.ratio, Number.MIN_VALUE);
  if (mix !== undefined && mix.kind !== 'mixup' && mix.kind !== 'cutmix') {
    throw new DataError('option', `augmentation.mix.kind must be mixup or cutmix, not ${mix.kind}.`);
  }
  if (mix?.alpha !== undefined) checkNumber('mix.alpha', mix.alpha, Number.MIN_VALUE, Number.MAX_VALUE);
  if (options.fill !== undefined && !FILL_MODES.includes(options.fill)) {
    throw new DataError(
      'option',
      `augmentation.fill must be one of ${FILL_MODES.join(', ')}, not ${options.fill}.`,
    );
  }
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  const range =
    most === Number.MAX_VALUE
      ? `of ${least === 0 ? '0 or more' : 'more than 0'}`
      : `from ${least} to ${most}`;
  throw new DataError('option', `augmentation.${name} must be a number ${range}, not ${value}.`);
}

function checkRange(name: string, range: readonly number[], least: number): void {
  const [low, high] = Array.isArray(range) ? range : [];
  if (range.length === 2 && Number.isFinite(high) && low! >= least && high! >= low!) return;
  throw new DataError(
    'option',
    `augmentation.${name} must be a range of two numbers, low to high, not ${JSON.stringify(range)}.`,
  );
}
