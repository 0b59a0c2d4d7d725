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
