// Element types: their names here, their numbers in ONNX' TensorProto.DataType, and the typed arrays that hold them.
// float16 is held as its bits in a Uint16Array, bool as one byte an element.

import { SightlineError } from '@sightline/core';

export type DType = 'float32' | 'float16' | 'float64' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

export type TensorData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Int32Array
  | BigInt64Array;

interface DTypeInfo {
  /** TensorProto.DataType */
  readonly code: number;
  readonly bytes: number;
}

export const DTYPES: Readonly<Record<DType, DTypeInfo>> = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
  float64: { code: 11, bytes: 8 },
};

/** The element type of a TensorProto.DataType number; throws SightlineError for those this package leaves out. */
export function dtypeFromCode(code: number): DType {
  for (const [dtype, info] of Object.entries(DTYPES)) if (info.code === code) return dtype as DType;
  throw new SightlineError(
    'dtype',
    `ONNX element type ${code} is not one of ${Object.keys(DTYPES).join(', ')}.`,
  );
}

/** A typed array over bytes (copied where their alignment does not fit). */
export function dataFromBytes(bytes: Uint8Array, dtype: DType): TensorData {
  const width = DTYPES[dtype].bytes;
  if (bytes.byteLength % width !== 0) {
    throw new SightlineError('decode', `${bytes.byteLength} bytes are no whole number of ${dtype} elements.`);
  }
  // Not `slice`: that of a Buffer, which files are read into, copies nothing.
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const count = aligned.byteLength / width;
  const { buffer, byteOffset } = aligned;
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float64':
      return new Float64Array(buffer, byteOffset, count);
    case 'float16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'int8':
      return new Int8Array(buffer, byteOffset, count);
    case 'int32':
      return new Int32Array(buffer, byteOffset, count);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, count);
    default:
      return new Uint8Array(buffer, byteOffset, count);
  }
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
