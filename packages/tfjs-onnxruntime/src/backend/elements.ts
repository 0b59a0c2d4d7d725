// The values of tensors as the runtime holds them.

import { SightlineError } from '@sightline/core';
import { type BackendValues, type DataType, util } from '@tensorflow/tfjs-core';
import { type Elements, type GraphDType, sizeFromShape } from '../graph/buffer.ts';

const ARRAYS: Record<GraphDType, { new (values: ArrayLike<number>): Elements }> = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
};

/** Values as the runtime's array of their dtype; the same array where they are one already. */
export function asElements(values: BackendValues, dtype: DataType, shape: readonly number[]): Elements {
  const Wanted = dtype === 'complex64' ? Float32Array : ARRAYS[dtype as GraphDType];
  if (!Wanted)
    throw new SightlineError(
      'unsupported',
      `Tensors of ${dtype} are not supported; use ${Object.keys(ARRAYS)}.`,
    );
  if (values instanceof Wanted) return values;
  const flat = values ?? new Wanted(sizeFromShape(shape) as never);
  return util.isTypedArray(flat) || Array.isArray(flat)
    ? new Wanted(flat as ArrayLike<number>)
    : (flat as Elements);
}
