import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spread } from './spread.ts';

test('positions far enough apart stay where they are', () => {
  expect(spread([80, 10, 40], 17, 0, 100)).toEqual([80, 10, 40]);
});

test('two that collide part around their mean, in their order', () => {
  expect(spread([52, 48], 16, 0, 100)).toEqual([58, 42]);
});

test('a block that would leave the bounds is pushed back inside', () => {
  expect(spread([99, 98, 97], 10, 0, 100)).toEqual([100, 90, 80]);
});

test('whatever is wanted, labels are apart, in order and inside', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 8 }),
      (wanted) => {
        const places = spread(wanted, 17, 0, 200);
        const inOrder = wanted
          .map((_, i) => i)
          .sort((a, b) => wanted[a]! - wanted[b]! || a - b)
          .map((i) => places[i]!);
        for (const [i, place] of inOrder.entries()) {
          expect(place).toBeGreaterThanOrEqual(-1e-9);
          expect(place).toBeLessThanOrEqual(200 + 1e-9);
          if (i > 0) expect(place - inOrder[i - 1]!).toBeGreaterThanOrEqual(17 - 1e-9);
        }
      },
    ),
  );
});
