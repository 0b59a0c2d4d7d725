import { expect, test } from 'vitest';
import { wilsonInterval } from './wilson.ts';

/**
 * The interval by its definition, without its formula: the true shares p from which `share` lies just 1.96 standard
 * errors away. They are found by halving.
 */
function byHalving(share: number, count: number, outer: number): number {
  const isOutside = (p: number) => Math.abs(p - share) > 1.959963984540054 * Math.sqrt((p * (1 - p)) / count);
  let [inside, outside] = [share, outer];
  for (let i = 0; i < 60; i++) {
    const middle = (inside + outside) / 2;
    if (isOutside(middle)) outside = middle;
    else inside = middle;
  }
  return inside;
}

test.each([
  [428, 576],
  [3, 10],
  [999, 1000],
])('%i of %i', (right, count) => {
  const share = right / count;
  const [low, high] = wilsonInterval(share, count);
  expect(low).toBeCloseTo(byHalving(share, count, 0), 9);
  expect(high).toBeCloseTo(byHalving(share, count, 1), 9);
});

test('none and all of ten leave room for doubt on one side, and none of none everything', () => {
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  const none = wilsonInterval(0, 10);
  expect(none[0]).toBe(0);
  expect(none[1]).toBeGreaterThan(0.2);
  expect(wilsonInterval(1, 10)[1]).toBeCloseTo(1, 12);
});
