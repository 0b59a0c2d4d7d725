// Checks an augmentation's options before training starts, so that a mistyped range is a sentence, not a black image.

import { DataError } from '../error.ts';
import type { AugmentationOptions } from './augmentation.ts';
import { FILL_MODES } from './fill.ts';
import { zoomRange } from './zoom.ts';

/** Throws DataError `option` for a range that is none. */
export function checkAugmentation(options: AugmentationOptions): void {
  const positive = ['rotation', 'widthShift', 'heightShift', 'shear', 'channelShift'] as const;
  for (const name of positive) {
    const value = options[name];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new DataError('option', `augmentation.${name} must be a number of 0 or more, not ${value}.`);
    }
  }
  if (options.zoom !== undefined) checkRange('zoom', zoomRange(options.zoom), Number.MIN_VALUE);
  if (options.brightness !== undefined) checkRange('brightness', options.brightness, 0);
  if (options.fill !== undefined && !FILL_MODES.includes(options.fill)) {
    throw new DataError(
      'option',
      `augmentation.fill must be one of ${FILL_MODES.join(', ')}, not ${options.fill}.`,
    );
  }
}

function checkRange(name: string, range: readonly number[], least: number): void {
  const [low, high] = range;
  if (range.length === 2 && Number.isFinite(high) && low! >= least && high! >= low!) return;
  throw new DataError(
    'option',
    `augmentation.${name} must be a range of two numbers, low to high, not ${JSON.stringify(range)}.`,
  );
}
