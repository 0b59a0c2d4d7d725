// Finds pictures that look alike: candidates by fingerprints that differ in few bits, confirmed by their thumbnails.

import type { InspectedImage } from './inspect-image.ts';

/** Bits of 64 that two fingerprints may differ in. */
const MAX_BITS = 3;
/** Mean difference of thumbnails, in levels: copies that were saved again or resized stay below. */
const MAX_LEVELS = 6;
/** Pictures flatter than this have fingerprints of noise. */
const MIN_CONTRAST = 24;
const BANDS = MAX_BITS + 1;
const BAND_BITS = BigInt(64 / BANDS);

type Picture = Pick<InspectedImage, 'hash' | 'thumb' | 'fingerprint' | 'contrast'>;

/**
 * Groups of indices of pictures that look alike, two or more each, in order. Pictures with the same bytes count once:
 * they are another finding.
 */
export function lookAlikes(pictures: readonly Picture[]): number[][] {
  const firstOf = new Map<string, number>();
  pictures.forEach(({ hash, contrast }, i) => {
    if (contrast >= MIN_CONTRAST && !firstOf.has(hash)) firstOf.set(hash, i);
  });
  const parent = pictures.map((_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    parent[i] = root;
    return root;
  };
  // Fingerprints within MAX_BITS agree in at least one of MAX_BITS + 1 bands, so only those that do are compared.
  for (let band = 0; band < BANDS; band++) {
    const shift = BigInt(band) * BAND_BITS;
    const buckets = Map.groupBy(firstOf.values(), (i) =>
      Number((pictures[i]!.fingerprint >> shift) & ((1n << BAND_BITS) - 1n)),
    );
    for (const bucket of buckets.values()) {
      bucket.forEach((i, at) => {
        for (const j of bucket.slice(at + 1)) {
          if (find(i) !== find(j) && alike(pictures[i]!, pictures[j]!)) parent[find(j)] = find(i);
        }
      });
    }
  }
  const groups = Map.groupBy(firstOf.values(), find);
  return [...groups.values()].filter(({ length }) => length > 1).map((group) => group.sort((a, b) => a - b));
}

function alike(a: Picture, b: Picture): boolean {
  if (differingBits(a.fingerprint, b.fingerprint) > MAX_BITS) return false;
  const sum = a.thumb.reduce((total, level, i) => total + Math.abs(level - b.thumb[i]!), 0);
  return sum / a.thumb.length <= MAX_LEVELS;
}

function differingBits(a: bigint, b: bigint): number {
  let count = 0;
  for (let bits = a ^ b; bits !== 0n; bits &= bits - 1n) count++;
  return count;
}
