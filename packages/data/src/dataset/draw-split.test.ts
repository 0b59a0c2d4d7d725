// A drawn split: the share of each class, stable, and groups kept together.

import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawSplit } from './draw-split.ts';

const rows = (count: number, of: (i: number) => { label: number; group?: string }) =>
  Array.from({ length: count }, (_, i) => ({ hash: hash('sha256', `image ${i}`), ...of(i) }));

const countOf = (samples: readonly { label: number }[], label: number) =>
  samples.filter((sample) => sample.label === label).length;

it('has the share of each class', () => {
  const samples = rows(500, (i) => ({ label: i % 10 === 0 ? 0 : 1 }));
  const { train, validation } = drawSplit(samples, 0.2);
  expect([countOf(validation, 0), countOf(validation, 1), train.length]).toEqual([10, 90, 400]);
});

it('moves at most one image for each that is added', () => {
  const samples = rows(200, () => ({ label: 0 }));
  for (const count of [100, 137, 199]) {
    const before = new Set(drawSplit(samples.slice(0, count), 0.2).validation);
    const after = new Set(drawSplit(samples.slice(0, count + 1), 0.2).validation);
    const moved = samples.slice(0, count).filter((sample) => before.has(sample) !== after.has(sample));
    expect(moved.length).toBeLessThanOrEqual(1);
  }
});

it('keeps groups and equal images together, and no class without training images', () => {
  const sample = fc.record({
    image: fc.nat(40),
    label: fc.nat(3),
    group: fc.option(fc.nat(8), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(sample, { minLength: 2, maxLength: 60 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (drawn, fraction) => {
        const samples = drawn.map(({ image, label, group }) => ({
          hash: hash('sha256', `image ${image}`),
          label,
          group: group === undefined ? undefined : `group ${group}`,
        }));
        const { train, validation } = drawSplit(samples, fraction);
        expect(train.length + validation.length).toBe(samples.length);
        for (const key of ['hash', 'group'] as const) {
          const held = new Set(validation.flatMap((of) => of[key] ?? []));
          expect(train.filter((of) => held.has(of[key]!))).toEqual([]);
        }
        for (const { label } of validation) expect(countOf(train, label)).toBeGreaterThan(0);
        if (fraction === 0) expect(validation).toEqual([]);
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});

it('reaches the share with groups, as far as they allow', () => {
  const samples = rows(300, (i) => ({ label: i % 3, group: `object ${Math.floor(i / 15)}` }));
  const { validation } = drawSplit(samples, 0.2);
  expect([0, 1, 2].map((label) => countOf(validation, label))).toEqual([20, 20, 20]);
  const large = rows(30, (i) => ({ label: i % 2, group: i < 20 ? 'much' : 'little' }));
  expect(drawSplit(large, 0.1).validation).toHaveLength(10);
});
