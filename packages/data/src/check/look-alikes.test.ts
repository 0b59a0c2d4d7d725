// Groups found by bands of fingerprints are those that comparing every pair finds.

import { expect, it } from 'vitest';
import { randomFor } from '../random/random.ts';
import { lookAlikes } from './look-alikes.ts';

const random = randomFor(8);
const bit = () => 1n << BigInt(random.integer(64));

/** Fingerprints in families, up to nine bits from the family's own; thumbnails of a family a few levels apart. */
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
  const group = new Map(used.map((i) => [i, i]));
  for (const i of used) {
    for (const j of used) {
      const bits = (pictures[i]!.fingerprint ^ pictures[j]!.fingerprint)
        .toString(2)
        .replaceAll('0', '').length;
      const sum = pictures[i]!.thumb.reduce(
        (total, level, at) => total + Math.abs(level - pictures[j]!.thumb[at]!),
        0,
      );
      if (bits > 7 || sum / 768 > 7) continue;
      const [from, to] = [group.get(j)!, group.get(i)!];
      for (const [key, value] of group) if (value === from) group.set(key, to);
    }
  }
  return [...Map.groupBy(used, (i) => group.get(i)).values()].filter(({ length }) => length > 1);
}

it('are the groups that comparing every pair finds', () => {
  const groups = lookAlikes(pictures);
  expect(groups.length).toBeGreaterThan(20);
  expect(groups).toEqual(everyPair());
});
