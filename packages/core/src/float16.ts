/** Half precision (IEEE 754 binary16): 1 bit of sign, 5 of exponent, 10 of fraction. Node 22 has no Float16Array. */

let table: Float32Array | undefined;

/** Half-precision bit patterns as the float32 numbers they stand for, exactly. */
export function float16ToFloat32(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 0x1_0000 }, (_, bits) => toNumber(bits));
  // A lookup and a plain loop: a network has millions of them.
  const numbers = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) numbers[i] = table[halves[i]!]!;
  return numbers;
}

function toNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  // Exponent 0 stands for subnormal numbers: no hidden one, and the exponent of the smallest normal number.
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** float32 numbers as the nearest half-precision bit patterns, halves to even; beyond 65,504 infinity. */
export function float32ToFloat16(numbers: Float32Array): Uint16Array {
  return Uint16Array.from(numbers, toBits);
}

function toBits(number: number): number {
  float[0] = number;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  // Subnormal: a multiple of 2^-24, which the sum with a number of that last place rounds to.
  if (magnitude < 0x3880_0000) {
    float[0] = Math.abs(number) + 0.5;
    return sign | (bits[0]! - 0x3f00_0000);
  }
  // Rounding adds just less than half of the last place, and one more where that place is odd.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | Math.min((rounded - 0x3800_0000) >>> 13, 0x7c00);
}
