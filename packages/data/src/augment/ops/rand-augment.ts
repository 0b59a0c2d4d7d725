// RandAugment (Cubuk et al., 2019): a few operations of one list, all at one magnitude. Geometric ones join the image's
// one warp; the others follow it in the order sampled.

import { type Affine, compose, IDENTITY } from '@sightline/image';
import { z } from 'zod';
import { count, group, type ImageSize, amount as number, operation, short, spaced } from './operation.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  autoContrast,
  equalize,
  posterize,
  sharpen,
  solarize,
} from './pixel-values.ts';
import { rotationMap } from './rotation.ts';

const MAX_MAGNITUDE = 30;

interface Step {
  /** The amount at magnitude 30, as in torchvision. */
  readonly most: number;
  /** Whether it goes both ways. */
  readonly signed?: boolean;
  readonly map?: (amount: number, size: ImageSize) => Affine;
  readonly apply?: (image: Float32Array, amount: number, size: ImageSize) => void;
}

/** The paper's list. */
const STEPS = {
  identity: { most: 0 },
  shearX: { most: 0.3, signed: true, map: (by) => ({ ...IDENTITY, c: by }) },
  shearY: { most: 0.3, signed: true, map: (by) => ({ ...IDENTITY, b: by }) },
  translateX: {
    most: 150 / 331,
    signed: true,
    map: (by, { width }) => ({ ...IDENTITY, tc: Math.round(by * width) }),
  },
  translateY: {
    most: 150 / 331,
    signed: true,
    map: (by, { height }) => ({ ...IDENTITY, tr: Math.round(by * height) }),
  },
  rotate: { most: 30, signed: true, map: (degrees) => rotationMap(degrees) },
  brightness: { most: 0.9, signed: true, apply: (image, by) => adjustBrightness(image, 1 + by) },
  color: { most: 0.9, signed: true, apply: (image, by) => adjustSaturation(image, 1 + by) },
  contrast: { most: 0.9, signed: true, apply: (image, by) => adjustContrast(image, 1 + by) },
  sharpness: { most: 0.9, signed: true, apply: (image, by, size) => sharpen(image, 1 + by, size) },
  posterize: { most: 4, apply: (image, by) => posterize(image, 8 - Math.round(by)) },
  solarize: { most: 255, apply: (image, by) => solarize(image, 255 - by) },
  autoContrast: { most: 0, apply: autoContrast },
  equalize: { most: 0, apply: equalize },
} as const satisfies Record<string, Step>;

type StepName = keyof typeof STEPS;
const NAMES = Object.keys(STEPS) as [StepName, ...StepName[]];
const stepCalled = (name: StepName): Step => STEPS[name];

export const randAugment = operation({
  name: 'randAugment',
  schema: group({
    count: count(0, 20).default(2).describe('Operations per image. Default: 2.'),
    magnitude: number(0, MAX_MAGNITUDE).default(9).describe('From 0, nearly nothing, to 30. Default: 9.'),
  }).describe('Applies random operations at one magnitude: { count, magnitude }.'),
  parameters: z.array(z.object({ name: z.enum(NAMES), amount: z.number() })),
  sample: ({ count, magnitude }, _, random) =>
    Array.from({ length: count }, () => {
      const name = NAMES[random.integer(NAMES.length)]!;
      const { most, signed } = stepCalled(name);
      const amount = (most * magnitude) / MAX_MAGNITUDE;
      return { name, amount: signed && random.next() < 0.5 ? -amount : amount };
    }),
  map: (steps, size) =>
    steps
      .map(({ name, amount }) => stepCalled(name).map?.(amount, size) ?? IDENTITY)
      .reduce(compose, IDENTITY),
  apply: (image, steps, size) => {
    for (const { name, amount } of steps) stepCalled(name).apply?.(image, amount, size);
  },
  describe: (steps) =>
    steps
      .map(({ name, amount }) => (amount === 0 ? spaced(name) : `${spaced(name)} ${short(amount)}`))
      .join(', '),
});
