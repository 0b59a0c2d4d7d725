/** The ranges of pixel values that networks take, each as a mean and a deviation of pixel values / 255. */

import type { Preprocessing } from '@sightline/backbone';

const each = (value: number) => [value, value, value] as const;

/** value = (pixel / 255 - mean) / deviation, for red, green and blue. */
export const INPUT_RANGES = {
  '0-1': { mean: each(0), deviation: each(1) },
  '0-255': { mean: each(0), deviation: each(1 / 255) },
  '-1-1': { mean: each(0.5), deviation: each(0.5) },
  /** Of ImageNet's training images, as torchvision and timm have them. */
  imagenet: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
} as const satisfies Record<string, Pick<Preprocessing, 'mean' | 'deviation'>>;

export type InputRange = keyof typeof INPUT_RANGES;

/** In a sentence: `pixel values from 0 to 1`. */
export const RANGE_WORDS: Readonly<Record<InputRange, string>> = {
  '0-1': 'pixel values from 0 to 1',
  '0-255': 'pixel values from 0 to 255',
  '-1-1': 'pixel values from -1 to 1',
  imagenet: "pixel values with ImageNet's mean and deviation",
};
