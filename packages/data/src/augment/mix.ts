// MixUp (Zhang et al., 2017) and CutMix (Yun et al., 2019): images of a batch in pairs, and their labels likewise. The
// partner of a row is the one as far from the batch's other end; one share for a batch, as the papers have it.

import type { Random } from './random.ts';

export interface MixOptions {
  readonly kind: 'mixup' | 'cutmix';
  /** Of the Beta distribution that the share comes from: 0.2 for MixUp and 1 for CutMix unless given. */
  readonly alpha?: number;
}

export interface Mix {
  /** How much of a row is its own; the rest is its partner's. */
  readonly share: number;
  /** The part that is the partner's, in pixels; undefined where levels are mixed. */
  readonly box:
    | { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number }
    | undefined;
}

export function drawMix({ kind, alpha }: MixOptions, height: number, width: number, random: Random): Mix {
  const share = drawBeta(alpha ?? (kind === 'mixup' ? 0.2 : 1), random);
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
export function mixImages(
  images: Float32Array,
  n: number,
  height: number,
  width: number,
  { share, box }: Mix,
): void {
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
export function mixTargets(labels: Float32Array, classes: number, { share }: Mix): Float32Array {
  const n = labels.length;
  const targets = new Float32Array(n * classes);
  labels.forEach((label, i) => {
    targets[i * classes + label]! += share;
    targets[i * classes + labels[n - 1 - i]!]! += 1 - share;
  });
  return targets;
}

/** Beta(alpha, alpha), as the share of two gamma variables. */
function drawBeta(alpha: number, random: Random): number {
  const [a, b] = [drawGamma(alpha, random), drawGamma(alpha, random)];
  return a + b === 0 ? 0.5 : a / (a + b);
}

/** Marsaglia and Tsang (2000); for shapes below 1 by way of shape + 1. */
function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
