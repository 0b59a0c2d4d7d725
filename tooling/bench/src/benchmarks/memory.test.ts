import { expect, it } from 'vitest';
import { slope } from './memory.ts';

it('the slope of points on a line, and of points around one', () => {
  expect(slope([1, 2, 5].map((x) => ({ x, y: 3 * x - 7 })))).toBeCloseTo(3, 12);
  // numpy.polyfit([0, 1, 2, 3], [1, 0, 2, 5], 1)[0]
  expect(slope([1, 0, 2, 5].map((y, x) => ({ x, y })))).toBeCloseTo(1.4, 12);
});
