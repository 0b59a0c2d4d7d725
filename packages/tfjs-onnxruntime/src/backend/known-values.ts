// Kernels whose result is known when they are called, as they only count or copy: computed in JavaScript at once, so
// that no graph depends on their numbers.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { Buffer, type Elements, sizeFromShape } from '../graph/buffer.ts';
import { sliceBounds } from '../lowering/layout.ts';
import type { Attributes } from '../lowering/lowering.ts';

/** Kernels without inputs that only count. */
export const COUNTED: Readonly<Record<string, (attributes: Attributes) => Buffer>> = {
  LinSpace: ({ start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return counted('float32', start, step, num);
  },
  /** TensorFlow.js turns its default step around where the range falls. */
  Range: ({ start, stop, step: given, dtype }) => {
    const step = stop < start && given === 1 ? -1 : given;
    const isEmpty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
    return counted(dtype, start, step, isEmpty ? 0 : Math.abs(Math.ceil((stop - start) / step)));
  },
};

function counted(dtype: 'float32' | 'int32', start: number, step: number, size: number): Buffer {
  const elements = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  for (let i = 0; i < size; i++) elements[i] = start + i * step;
  return new Buffer(dtype, [size], elements);
}

/**
 * Rows of a tensor whose elements are known, as `tf.slice` takes a batch out of a data set; `undefined` where the slice
 * cuts through rows, or values are not known. Copied, so that a small part does not keep the whole alive.
 */
export function sliceOfRows(
  elements: Elements | undefined,
  x: TensorInfo,
  { begin, size }: Attributes,
): Buffer | undefined {
  if (!elements || x.shape.length === 0) return undefined;
  const { starts, sizes } = sliceBounds(x.shape, begin, size);
  const isRows = sizes.every((length, axis) => axis === 0 || length === x.shape[axis]);
  if (!isRows) return undefined;
  const row = sizeFromShape(x.shape.slice(1));
  const part = elements.slice(starts[0]! * row, (starts[0]! + sizes[0]!) * row);
  return new Buffer(x.dtype, sizes, part);
}
