import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeNpy, encodeNpy, readNpy } from './npy.ts';

// Written by NumPy: tooling/fixtures/npy.py.
const fixture = (name: string) => fileURLToPath(new URL(`../test/npy/${name}.npy`, import.meta.url));
const ramp = Array.from({ length: 24 }, (_, i) => i);
const ramp32 = Float32Array.from(ramp, (i) => i / 7 - 1);

const expected: Record<string, { dtype: string; shape: number[]; data: ArrayLike<number | bigint> }> = {
  float32: { dtype: 'float32', shape: [2, 3, 4], data: ramp32 },
  'float32-big-endian': { dtype: 'float32', shape: [2, 3, 4], data: ramp32 },
  version2: { dtype: 'float32', shape: [2, 3, 4], data: ramp32 },
  float16: {
    dtype: 'float16',
    shape: [10],
    // 6e-8 and 1e-5 are subnormal halves: multiples of 2^-24.
    data: Float32Array.of(
      0,
      -0,
      1,
      -2.5,
      65504,
      2 ** -24,
      168 * 2 ** -24,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ),
  },
  float64: { dtype: 'float64', shape: [2, 2], data: Float64Array.of(Math.PI, -1e300, 5e-324, 0) },
  int32: { dtype: 'int32', shape: [2, 3, 4], data: Int32Array.from(ramp, (i) => i - 12) },
  int64: { dtype: 'int64', shape: [3], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n) },
  uint8: { dtype: 'uint8', shape: [2, 3, 4], data: Uint8Array.from(ramp) },
  bool: { dtype: 'bool', shape: [2, 3, 4], data: Uint8Array.from(ramp, (i) => (i % 3 === 0 ? 1 : 0)) },
  scalar: { dtype: 'float32', shape: [], data: Float32Array.of(1.5) },
  empty: { dtype: 'float32', shape: [0, 2, 2], data: new Float32Array(0) },
};

test.each(Object.entries(expected))('reads what NumPy wrote: %s', (name, array) => {
  expect(readNpy(fixture(name))).toEqual(array);
});

test.each(['float32', 'float64', 'int32', 'int64', 'uint8', 'bool', 'scalar', 'empty'])(
  'writes the same bytes as NumPy: %s',
  (name) => {
    const { data, shape, dtype } = readNpy(fixture(name));
    const bytes = encodeNpy({ data, shape, dtype: dtype === 'bool' ? 'bool' : undefined });
    expect(Buffer.from(bytes)).toEqual(readFileSync(fixture(name)));
  },
);

test('writes a view of a larger buffer, and reads from one', () => {
  const view = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
  const bytes = encodeNpy({ data: view, shape: [2] });
  const shifted = new Uint8Array(bytes.length + 3).fill(7);
  shifted.set(bytes, 3);
  expect(decodeNpy(shifted.subarray(3)).data).toEqual(Float32Array.of(1, 2));
});

test('what is written is read again, for any shape', () => {
  const shapes = fc.array(fc.nat(4), { maxLength: 5 });
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.float()), (shape, numbers) => {
      const size = shape.reduce((product, n) => product * n, 1);
      const data = Float32Array.from({ length: size }, () => numbers.next().value);
      expect(decodeNpy(encodeNpy({ data, shape }))).toEqual({ data, shape, dtype: 'float32' });
    }),
  );
});

describe('refuses, in a sentence,', () => {
  const float32 = readFileSync(fixture('float32'));
  test.each([
    [
      'Fortran order',
      () => readNpy(fixture('fortran')),
      /Fortran order; expected C order.*ascontiguousarray/,
    ],
    ['complex numbers', () => readNpy(fixture('complex')), /holds c16; expected one of float16, float32/],
    ['records', () => readNpy(fixture('structured')), /holds a structured type/],
    ['another format', () => decodeNpy(Buffer.from('PK\u0003\u0004 not an array')), /is not an \.npy file/],
    [
      'a cut file',
      () => decodeNpy(float32.subarray(0, 200)),
      /needs 96 bytes after the header, but 72 follow/,
    ],
    // Ten bytes, of which versions 2 and 3 need twelve.
    [
      'a cut header of version 2',
      () => decodeNpy(Buffer.from('934e554d505902007600', 'hex')),
      /its header ends after 10 bytes/,
    ],
    [
      'a header without end',
      () => decodeNpy(Buffer.concat([Buffer.from('934e554d50590300ffffff7f', 'hex'), Buffer.alloc(99)])),
      /its header of 2147483647 bytes is longer than 65535/,
    ],
    ['a cut header', () => decodeNpy(float32.subarray(0, 40)), /header can't be read/],
    [
      'a version to come',
      () => decodeNpy(Buffer.from(float32).fill(9, 6, 7)),
      /version 9; expected 1, 2 or 3/,
    ],
    [
      'a shape of another size',
      () => encodeNpy({ data: ramp32, shape: [5] }),
      /\[5\] holds 5 numbers, but 24/,
    ],
    ['no file', () => readNpy(fixture('nothing')), /nothing\.npy: there is no such file/],
  ])('%s', (_, read, message) => {
    expect(read).toThrow(
      expect.objectContaining({ name: 'SightlineError', message: expect.stringMatching(message) }),
    );
  });
});
