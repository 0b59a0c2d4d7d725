// Would more images help? The held-out accuracy of heads that are trained on parts of the images, and what a power law
// through it promises for four times as many.

import { counted } from '@sightline/core';
import { type Random, randomFor } from '@sightline/data';

/** The parts of the training images that heads are trained on. */
export const SHARES = [0.25, 0.5, 1] as const;

export interface CurvePoint {
  /** The mean number of images that the heads of this point were trained on. */
  readonly images: number;
  readonly accuracy: number;
}

export interface LearningCurve {
  /** From few images to all. */
  readonly points: readonly CurvePoint[];
  /** The gain in accuracy that four times the images would bring, with the bounds of an 80% interval; null if unknown. */
  readonly gain: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** What follows from it, in one sentence. */
  readonly conclusion: string;
}

/** How many times the images the conclusion is about. */
const FACTOR = 4;
const RESAMPLES = 400;
/** Fewer held-out images say nothing about a difference of accuracies. */
const LEAST_IMAGES = 40;
/** Parts of two images per class have one of each, as smaller parts do: there is no curve through such points. */
const LEAST_GROWTH = 1.5;

/**
 * @param correct per share, whether each held-out image was predicted correctly (1 or 0), in the same order
 * @param images per share, the mean number of training images
 */
export function learningCurve(
  correct: readonly Uint8Array[],
  images: readonly number[],
  seed: number,
): LearningCurve {
  const count = correct[0]!.length;
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  const accuracies = correct.map((flags) => mean(flags, all));
  const points = accuracies.map((accuracy, i) => ({ images: images[i]!, accuracy }));
  const isGrowing = images.every((part, i) => i === 0 || part >= LEAST_GROWTH * images[i - 1]!);
  if (count < LEAST_IMAGES || !isGrowing) return { points, gain: null, conclusion: unknown(count) };
  const value = gainOf(images, accuracies, count);
  const random = randomFor(seed, 0x9a1);
  const gains = Float64Array.from({ length: RESAMPLES }, () => {
    const rows = resampled(count, random);
    return gainOf(
      images,
      correct.map((flags) => mean(flags, rows)),
      count,
    );
  }).sort();
  const [low, high] = [gains[Math.floor(0.1 * RESAMPLES)]!, gains[Math.floor(0.9 * RESAMPLES)]!];
  return { points, gain: { value, low, high }, conclusion: conclusion({ value, low, high }, count) };
}

const mean = (flags: Uint8Array, rows: Uint32Array) => {
  let sum = 0;
  for (const row of rows) sum += flags[row]!;
  return sum / rows.length;
};

const resampled = (count: number, random: Random) =>
  Uint32Array.from({ length: count }, () => random.integer(count));

/**
 * The error falls as a power of the number of images (Hestness et al., Deep Learning Scaling is Predictable, 2017): a
 * line through the points in logarithms, carried on from the last point. Errors are counted with half a mistake more,
 * so that none is 0.
 */
function gainOf(images: readonly number[], accuracies: readonly number[], count: number): number {
  const x = images.map(Math.log);
  const y = accuracies.map((accuracy) => Math.log(1 - accuracy + 0.5 / count));
  const [mx, my] = [x, y].map((values) => values.reduce((a, b) => a + b) / values.length) as [number, number];
  const exponent =
    x.reduce((sum, v, i) => sum + (v - mx) * (y[i]! - my), 0) / x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
  const error = 1 - accuracies.at(-1)!;
  return error * (1 - Math.min(1, FACTOR ** exponent));
}

const unknown = (count: number) =>
  `Whether more images would help cannot be told from ${counted(count, 'image')}.`;

/** The sentence of a gain; in points of a hundred. */
function conclusion({ value, low, high }: NonNullable<LearningCurve['gain']>, count: number): string {
  const [points, least, most] = [value, low, high].map((share) => Math.round(share * 100)) as [
    number,
    number,
    number,
  ];
  if (most < 1) return 'More images of this kind would hardly raise the accuracy.';
  if (least < 1 && most > 3) return unknown(count);
  if (points < 1)
    return 'Four times the training images would raise the accuracy by less than 1 percentage point.';
  const range = least === most ? '' : ` (${least} to ${most})`;
  return `Four times the training images would raise the accuracy by about ${counted(points, 'percentage point')}${range}.`;
}
