// RandAugment (Cubuk et al., 2019): a few operations of one list, all at one magnitude. Geometric ones join the image's
// one warp; the others follow it in the order drawn.

import { type Affine, IDENTITY } from './affine.ts';
import { adjustContrast, adjustSaturation, blendWith } from './color-jitter.ts';
import { autoContrast, equalize, posterize, sharpen, solarize } from './levels.ts';
import type { Random } from './random.ts';
import { rotation } from './rotation.ts';

export interface RandAugmentOptions {
  /** Operations an image: 2 unless given. */
  readonly count?: number;
  /** From 0, nearly nothing, to 30: 9 unless given. */
  readonly magnitude?: number;
}

export interface RandAugmentStep {
  readonly name: OperationName;
  /** What the operation's table says; signed where it goes both ways. */
  readonly amount: number;
}

const MAX_MAGNITUDE = 30;

type Operation =
  | {
      readonly most: number;
      readonly signed: boolean;
      readonly map: (amount: number, height: number, width: number) => Affine;
    }
  | {
      readonly most: number;
      readonly signed: boolean;
      readonly levels: (image: Float32Array, amount: number, height: number, width: number) => void;
    };

/** The paper's list; `most` is the amount at magnitude 30, as in torchvision. */
const OPERATIONS = {
  identity: { most: 0, signed: false, levels: () => {} },
  shearX: { most: 0.3, signed: true, map: (by) => ({ ...IDENTITY, c: by }) },
  shearY: { most: 0.3, signed: true, map: (by) => ({ ...IDENTITY, b: by }) },
  translateX: {
    most: 150 / 331,
    signed: true,
    map: (by, _, width) => ({ ...IDENTITY, tc: Math.round(by * width) }),
  },
  translateY: {
    most: 150 / 331,
    signed: true,
    map: (by, height) => ({ ...IDENTITY, tr: Math.round(by * height) }),
  },
  rotate: { most: 30, signed: true, map: (degrees) => rotation(degrees) },
  brightness: { most: 0.9, signed: true, levels: (image, by) => blendWith(image, 1 + by, () => 0) },
  color: { most: 0.9, signed: true, levels: (image, by) => adjustSaturation(image, 1 + by) },
  contrast: { most: 0.9, signed: true, levels: (image, by) => adjustContrast(image, 1 + by) },
  sharpness: {
    most: 0.9,
    signed: true,
    levels: (image, by, height, width) => sharpen(image, 1 + by, height, width),
  },
  posterize: { most: 4, signed: false, levels: (image, by) => posterize(image, 8 - Math.round(by)) },
  solarize: { most: 255, signed: false, levels: (image, by) => solarize(image, 255 - by) },
  autoContrast: { most: 0, signed: false, levels: (image) => autoContrast(image) },
  equalize: { most: 0, signed: false, levels: (image) => equalize(image) },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;
const NAMES = Object.keys(OPERATIONS) as OperationName[];

export function drawRandAugment(
  { count = 2, magnitude = 9 }: RandAugmentOptions,
  random: Random,
): RandAugmentStep[] {
  return Array.from({ length: count }, () => {
    const name = NAMES[random.integer(NAMES.length)]!;
    const { most, signed } = OPERATIONS[name];
    const amount = (most * magnitude) / MAX_MAGNITUDE;
    return { name, amount: signed && random.next() < 0.5 ? -amount : amount };
  });
}

/** The maps of the geometric steps, about the image's centre. */
export function stepMaps(steps: readonly RandAugmentStep[], height: number, width: number): Affine[] {
  return steps.flatMap(({ name, amount }) => {
    const operation: Operation = OPERATIONS[name];
    return 'map' in operation ? [operation.map(amount, height, width)] : [];
  });
}

/** Applies the other steps to an image (floats in levels) in place. */
export function applyLevelSteps(
  image: Float32Array,
  steps: readonly RandAugmentStep[],
  height: number,
  width: number,
): void {
  for (const { name, amount } of steps) {
    const operation: Operation = OPERATIONS[name];
    if ('levels' in operation) operation.levels(image, amount, height, width);
  }
}
