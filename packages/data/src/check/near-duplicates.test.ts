// Groups found by bands of fingerprints are those that comparing every pair finds.

import { expect, it } from 'vitest';
import { randomFor } from '../random/random.ts';
import { nearDuplicates } from './near-duplicates.ts';

const random = randomFor(8);
const bit = () => 1n << BigInt(random.integer(64));

/** Fingerprints in families, up to nine bits from the family's own; thumbnails of a family a few values apart. */
const pictures = Array.from({ length: 240 }, (_, i) => {
  const family = randomFor(9, i % 40);
  let fingerprint = BigInt(family.integer(2 ** 32)) * 2n ** 32n + BigInt(family.integer(2 ** 32));
  for (let changes = random.integer(6); changes > 0; changes--) fingerprint ^= bit();
  const thumb = Uint8Array.from({ length: 768 }, () => family.integer(200) + random.integer(12));
  return {
    hash: i % 60 === 59 ? 'the same' : String(i),
    thumb,
    fingerprint,
    contrast: i % 17 === 16 ? 10 : 90,
  };
});

function everyPair(): number[][] {
  const seen = new Set<string>();
  const used = pictures.flatMap(({ hash, contrast }, i) => {
    if (contrast < 24 || seen.has(hash)) return [];
    seen.add(hash);
    return [i];
  });
  const groups: number[][] = [];
  const free = new Set(used);
  for (const i of used) {
    if (!free.delete(i)) continue;
    const alike = [...free].filter((j) => j > i && isAlike(pictures[i]!, pictures[j]!));
    for (const j of alike) free.delete(j);
    if (alike.length > 0) groups.push([i, ...alike]);
  }
  return groups;
}

type Picture = (typeof pictures)[number];

function isAlike(one: Picture, other: Picture): boolean {
  const bits = (one.fingerprint ^ other.fingerprint).toString(2).replaceAll('0', '').length;
  if (bits > 7) return false;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const centered = ({ thumb }: Picture) => {
    const middle = mean([...thumb]);
    return [...thumb].map((value) => value - middle);
  };
  const [a, b] = [centered(one), centered(other)];
  const relative =
    mean(a.map((value, at) => Math.abs(value - b[at]!))) /
    Math.min(mean(a.map(Math.abs)), mean(b.map(Math.abs)));
  const offset = Math.abs(mean([...one.thumb]) - mean([...other.thumb]));
  return offset <= 16 && relative <= 0.1;
}

it('are the groups that comparing every pair finds', () => {
  const groups = nearDuplicates(pictures);
  expect(groups.length).toBeGreaterThan(20);
  expect(groups.some(({ length }) => length > 2)).toBe(true);
  expect(groups).toEqual(everyPair());
});
