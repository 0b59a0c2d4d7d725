// Finds pictures that look alike: candidates by fingerprints that differ in few bits, confirmed by their thumbnails.

import type { InspectedImage } from './inspect-image.ts';

/** Bits of 64 that two fingerprints may differ in: nine in ten copies at half the size or in a quarter of the quality. */
const MAX_BITS = 7;
/** Difference of two thumbnails' means, of 255: copies that are a little brighter stay below. */
const MAX_MEAN_DIFFERENCE = 16;
/**
 * Mean difference of thumbnails less their means, relative to how much they vary: two digits on black would differ by
 * little because they are mostly black. Of 2,000 digits of MNIST 14 have a look-alike; of 100 photographs 88 are found
 * again at half the size and a quality of 25.
 */
const MAX_RELATIVE_DIFFERENCE = 0.1;
/** Pictures flatter than this have fingerprints of noise. */
const MIN_CONTRAST = 24;
const BANDS = MAX_BITS + 1;
const BAND_BITS = BigInt(64 / BANDS);

type Picture = Pick<InspectedImage, 'hash' | 'thumb' | 'fingerprint' | 'contrast'>;

/**
 * Groups of indices of pictures that look like the first of their group, two or more each, in order. Nothing is chained:
 * a picture that looks like another member only is not of the group. Pictures with the same bytes count once: they are
 * another finding.
 */
export function nearDuplicates(pictures: readonly Picture[]): number[][] {
  const firstOf = new Map<string, number>();
  pictures.forEach(({ hash, contrast }, i) => {
    if (contrast >= MIN_CONTRAST && !firstOf.has(hash)) firstOf.set(hash, i);
  });
  const candidates = candidatePairs(pictures, [...firstOf.values()]);
  const grouped = new Set<number>();
  const groups: number[][] = [];
  for (const i of firstOf.values()) {
    if (grouped.has(i)) continue;
    const alike = [...(candidates.get(i) ?? [])]
      .filter((j) => !grouped.has(j) && lookAlike(pictures[i]!, pictures[j]!))
      .sort((a, b) => a - b);
    if (alike.length === 0) continue;
    const group = [i, ...alike];
    for (const member of group) grouped.add(member);
    groups.push(group);
  }
  return groups;
}

/** For each index the larger ones whose fingerprints differ in few bits. */
function candidatePairs(pictures: readonly Picture[], indices: readonly number[]): Map<number, Set<number>> {
  const words = Uint32Array.from(
    pictures.flatMap(({ fingerprint }) => [Number(fingerprint >> 32n), Number(fingerprint & 0xffffffffn)]),
  );
  const differingBits = (i: number, j: number) =>
    countBits(words[2 * i]! ^ words[2 * j]!) + countBits(words[2 * i + 1]! ^ words[2 * j + 1]!);
  const pairs = new Map<number, Set<number>>();
  // Fingerprints within MAX_BITS agree in at least one of MAX_BITS + 1 bands, so only those that do are compared.
  for (let band = 0; band < BANDS; band++) {
    const shift = BigInt(band) * BAND_BITS;
    const buckets = Map.groupBy(indices, (i) =>
      Number((pictures[i]!.fingerprint >> shift) & ((1n << BAND_BITS) - 1n)),
    );
    for (const bucket of buckets.values()) {
      bucket.forEach((i, at) => {
        for (let next = at + 1; next < bucket.length; next++) {
          const j = bucket[next]!;
          if (differingBits(i, j) > MAX_BITS) continue;
          const known = pairs.get(i) ?? new Set();
          pairs.set(i, known.add(j));
        }
      });
    }
  }
  return pairs;
}

function lookAlike({ thumb: a }: Picture, { thumb: b }: Picture): boolean {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  if (Math.abs(meanA - meanB) > MAX_MEAN_DIFFERENCE) return false;
  let [difference, spreadA, spreadB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [fromA, fromB] = [a[i]! - meanA, b[i]! - meanB];
    difference += Math.abs(fromA - fromB);
    spreadA += Math.abs(fromA);
    spreadB += Math.abs(fromB);
  }
  return difference <= MAX_RELATIVE_DIFFERENCE * Math.min(spreadA, spreadB);
}

const meanOf = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How many bits of 32 are set, added up in ever wider fields. */
function countBits(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
