import { expect, it } from 'vitest';
import { float16ToFloat32 } from './float16.ts';

it('equals the runtime’s own half precision for every number', () => {
  const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const numbers = bits.filter((b) => (b & 0x7c00) !== 0x7c00);
  const Half = (globalThis as { Float16Array?: new (buffer: ArrayBufferLike) => ArrayLike<number> })
    .Float16Array;
  if (!Half) return;
  expect(float16ToFloat32(numbers)).toEqual(Float32Array.from(new Half(numbers.buffer)));
});

it('knows infinity and what is no number', () => {
  expect(float16ToFloat32(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))).toEqual(
    Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
  );
});
