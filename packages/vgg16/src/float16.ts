// IEEE 754 binary16, held as its bits in a Uint16Array.

function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let table: Float32Array | undefined;

/** The values of float16 bits, exactly. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  // A look-up in all 65,536 values: VGG16 has 14.7 million.
  table ??= Float32Array.from({ length: 1 << 16 }, (_, i) => decode(i));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}
