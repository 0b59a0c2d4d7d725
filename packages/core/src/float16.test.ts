import { expect, it } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from './float16.ts';

const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const numbers = all.filter((b) => (b & 0x7c00) !== 0x7c00);

// Node 22 has none.
type Float16Array = new (
  source: ArrayBufferLike | Float32Array,
) => ArrayLike<number> & { buffer: ArrayBuffer };
const { Float16Array: Half } = globalThis as { Float16Array?: Float16Array };

it.skipIf(!Half)('widens every number as the runtime does', () => {
  expect(float16ToFloat32(numbers)).toEqual(Float32Array.from(new Half!(numbers.buffer)));
});

it('knows infinity and what is no number', () => {
  const special = Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);
  expect(float16ToFloat32(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))).toEqual(special);
  expect(float32ToFloat16(special)).toEqual(Uint16Array.of(0x7c00, 0xfc00, 0x7e00));
});

it('narrows what it widened to the same bits', () => {
  expect(float32ToFloat16(float16ToFloat32(numbers))).toEqual(numbers);
});

it.skipIf(!Half)(
  'rounds as the runtime does: between all neighbors, at the ends, far below and far above',
  () => {
    const exact = float16ToFloat32(numbers);
    const between = exact.map((value, i) => (value + exact[(i + 1) % exact.length]!) / 2);
    const near = [1, -1].map((way) => between.map((value) => value * (1 + way * 2 ** -20)));
    const ends = Float32Array.of(
      65_519.99,
      65_520,
      1e30,
      2 ** -25,
      2 ** -25 * 1.01,
      1e-30,
      2 ** -14 - 2 ** -25,
    );
    for (const values of [between, ...near, ends, ends.map((value) => -value)]) {
      expect(float32ToFloat16(values)).toEqual(new Uint16Array(new Half!(values).buffer));
    }
  },
);
