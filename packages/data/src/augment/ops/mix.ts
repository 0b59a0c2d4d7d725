// MixUp (Zhang et al., 2017) and CutMix (Yun et al., 2019): the images of a batch in pairs, and their labels likewise.
// The partner of a row is the one as far from the batch's other end; one share per batch, as in the papers.

import { z } from 'zod';
import type { Random } from '../../random/random.ts';
import { amount, group, type ImageSize, oneOf } from './operation.ts';

const schema = group({
  kind: oneOf(['mixup', 'cutmix']),
  alpha: amount(Number.MIN_VALUE)
    .exactOptional()
    .describe('Of the Beta distribution of the share. Default: 0.2 for mixup, 1 for cutmix.'),
}).describe('Mixes the images and the labels of a batch in pairs: { kind: "mixup" or "cutmix", alpha }.');

export type MixOptions = z.output<typeof schema>;

export interface Mix {
  /** How much of a row is its own; the rest is its partner's. */
  readonly share: number;
  /** The part that is the partner's, in pixels; undefined where pixel values are mixed. */
  readonly box:
    | { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number }
    | undefined;
}

/** What a preview records of a mixed image: its share, and whose the rest is. */
const parameters = z.object({
  share: z.number(),
  label: z.string(),
  path: z.string().optional(),
  box: z.unknown().optional(),
});

function sample({ kind, alpha }: MixOptions, { height, width }: ImageSize, random: Random): Mix {
  const share = sampleBeta(alpha ?? (kind === 'mixup' ? 0.2 : 1), random);
  if (kind === 'mixup') return { share, box: undefined };
  const [row, column] = [random.integer(height), random.integer(width)];
  const half = Math.sqrt(1 - share) / 2;
  const clip = (at: number, side: number) => Math.min(Math.max(Math.trunc(at), 0), side);
  const box = {
    top: clip(row - height * half, height),
    bottom: clip(row + height * half, height),
    left: clip(column - width * half, width),
    right: clip(column + width * half, width),
  };
  return { share: 1 - ((box.bottom - box.top) * (box.right - box.left)) / (height * width), box };
}

/** Mixes `n` images in place: row i with row n - 1 - i. */
function apply(images: Float32Array, n: number, { height, width }: ImageSize, { share, box }: Mix): void {
  const size = height * width * 3;
  const { top, bottom, left, right } = box ?? { top: 0, bottom: height, left: 0, right: width };
  const own = box === undefined ? share : 0;
  for (let i = 0; i < n >> 1; i++) {
    const partner = n - 1 - i;
    for (let y = top; y < bottom; y++) {
      for (let at = (y * width + left) * 3; at < (y * width + right) * 3; at++) {
        const [a, b] = [images[i * size + at]!, images[partner * size + at]!];
        images[i * size + at] = own * a + (1 - own) * b;
        images[partner * size + at] = own * b + (1 - own) * a;
      }
    }
  }
}

/** The labels of a mixed batch: [n, classes], each row a distribution. The odd row in the middle stays its own. */
function targets(labels: Float32Array, classes: number, { share }: Mix): Float32Array {
  const n = labels.length;
  const rows = new Float32Array(n * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label]! += share;
    rows[i * classes + labels[n - 1 - i]!]! += 1 - share;
  });
  return rows;
}

function describe({ share, label, box }: z.output<typeof parameters>): string {
  const part = `${Math.round((1 - share) * 100)}%`;
  const other = `another image (${label})`;
  return box === undefined ? `${part} of ${other} mixed in` : `${part} covered by ${other}`;
}

/** The one operation on whole batches. */
export const mix = { name: 'mix', schema, parameters, sample, apply, targets, describe } as const;

/** Beta(alpha, alpha), as the share of two gamma variables. */
function sampleBeta(alpha: number, random: Random): number {
  const [a, b] = [sampleGamma(alpha, random), sampleGamma(alpha, random)];
  return a + b === 0 ? 0.5 : a / (a + b);
}

/** Marsaglia and Tsang (2000); for shapes below 1 by way of shape + 1. */
function sampleGamma(shape: number, random: Random): number {
  if (shape < 1) return sampleGamma(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
