// Finds pictures that look alike: candidates by fingerprints that differ in few bits, confirmed by their thumbnails.

import type { InspectedImage } from './inspect-image.ts';

/** Bits of 64 that two fingerprints may differ in: nine in ten copies at half the size or in a quarter of the quality. */
const MAX_BITS = 7;
/** Mean difference of thumbnails, in levels: copies that were saved again, resized or a little brightened stay below. */
const MAX_LEVELS = 7;
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
  const words = Uint32Array.from(
    pictures.flatMap(({ fingerprint }) => [Number(fingerprint >> 32n), Number(fingerprint & 0xffffffffn)]),
  );
  const differingBits = (i: number, j: number) =>
    ones(words[2 * i]! ^ words[2 * j]!) + ones(words[2 * i + 1]! ^ words[2 * j + 1]!);
  // Fingerprints within MAX_BITS agree in at least one of MAX_BITS + 1 bands, so only those that do are compared.
  for (let band = 0; band < BANDS; band++) {
    const shift = BigInt(band) * BAND_BITS;
    const buckets = Map.groupBy(firstOf.values(), (i) =>
      Number((pictures[i]!.fingerprint >> shift) & ((1n << BAND_BITS) - 1n)),
    );
    for (const bucket of buckets.values()) {
      bucket.forEach((i, at) => {
        for (let next = at + 1; next < bucket.length; next++) {
          const j = bucket[next]!;
          if (differingBits(i, j) > MAX_BITS || find(i) === find(j)) continue;
          if (thumbsDiffer(pictures[i]!, pictures[j]!) <= MAX_LEVELS) parent[find(j)] = find(i);
        }
      });
    }
  }
  const groups = Map.groupBy(firstOf.values(), find);
  return [...groups.values()].filter(({ length }) => length > 1).map((group) => group.sort((a, b) => a - b));
}

/** Mean difference in levels. */
function thumbsDiffer(a: Picture, b: Picture): number {
  return a.thumb.reduce((total, level, i) => total + Math.abs(level - b.thumb[i]!), 0) / a.thumb.length;
}

/** How many bits of 32 are set, added up in ever wider fields. */
function ones(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
