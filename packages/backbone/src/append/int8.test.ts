import { expect, it } from 'vitest';
import { quantizeKernel } from './int8.ts';

it('rounds a kernel to half a step of each filter, whose largest weight is the last integer', () => {
  const data = Float32Array.from({ length: 2 * 9 }, (_, i) => Math.sin(i) * (i < 9 ? 1 : 100));
  const { integers, scales } = quantizeKernel({ shape: [2, 1, 3, 3], data });
  for (const [i, value] of data.entries()) {
    const scale = scales[Math.floor(i / 9)]!;
    expect(Math.abs(integers[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
  }
  for (const filter of [0, 1]) {
    expect(Math.max(...integers.subarray(filter * 9, filter * 9 + 9).map(Math.abs))).toBe(127);
  }
});

it('gives a filter of zeros a step that divides', () => {
  const kernel = { shape: [1, 1, 1, 1], data: new Float32Array(1) };
  expect(quantizeKernel(kernel)).toEqual({ integers: Int8Array.of(0), scales: Float32Array.of(1) });
});
