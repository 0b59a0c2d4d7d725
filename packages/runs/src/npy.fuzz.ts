// `npm run fuzz -- npy`

import { decodeNpy, encodeNpy } from './npy.ts';

export function seeds(): Uint8Array[] {
  const arrays = [
    encodeNpy({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] }),
    encodeNpy({ data: BigInt64Array.of(1n, -1n), shape: [2] }),
    encodeNpy({ data: Uint8Array.of(1, 0), shape: [1, 2], dtype: 'bool' }),
  ];
  return [...arrays, ...arrays.map(asVersion2), bigEndian()];
}

/** Version 2 has four bytes for the header's length. */
function asVersion2(bytes: Uint8Array): Uint8Array {
  const second = Buffer.concat([bytes.subarray(0, 10), Buffer.alloc(2), bytes.subarray(10)]);
  second[6] = 2;
  return second;
}

function bigEndian(): Uint8Array {
  const bytes = Buffer.from(encodeNpy({ data: Float64Array.of(1.5), shape: [1] }));
  bytes.write('>', bytes.indexOf('<'));
  return bytes;
}

export const parse = (bytes: Uint8Array): unknown => decodeNpy(bytes);
