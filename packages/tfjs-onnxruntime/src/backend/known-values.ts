// Kernels whose result is known when they are called, as they only count or copy: computed in JavaScript at once, so
// that no graph depends on their numbers.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, Buffer, type Elements, type GraphDType, sizeFromShape } from '../graph/buffer.ts';
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

/** Rows of fewer bytes are gathered by ONNX Runtime: a copy each costs more than the row. */
const SMALLEST_ROW = 1024;

/** As `sliceOfRows` for `tf.gather` along the first axis, whose indices have been checked. */
export function gatherRows(
  elements: Elements | undefined,
  x: TensorInfo,
  indexElements: Elements | undefined,
  indices: TensorInfo,
  { axis, batchDims }: Attributes,
): Buffer | undefined {
  if (!elements || !indexElements || axis !== 0 || batchDims) return undefined;
  const shape = x.shape.slice(1);
  const row = sizeFromShape(shape);
  if (row * elements.BYTES_PER_ELEMENT < SMALLEST_ROW) return undefined;
  const gathered = allocate(x.dtype as GraphDType, row * indexElements.length);
  indexElements.forEach((index, i) => {
    gathered.set(elements.subarray(index * row, (index + 1) * row), i * row);
  });
  return new Buffer(x.dtype, [...indices.shape, ...shape], gathered);
}

/** Casts of more elements are left to ONNX Runtime. */
const MOST_INDICES = 2 ** 16;

/** `tf.cast` of known numbers to int32, as of those by which rows are gathered. */
export function castIndices(
  elements: Elements | undefined,
  { dtype, shape }: TensorInfo,
  attributes: Attributes,
): Buffer | undefined {
  const isIndices =
    dtype === 'float32' && attributes.dtype === 'int32' && (elements?.length ?? 0) <= MOST_INDICES;
  return elements && isIndices ? new Buffer('int32', shape, Int32Array.from(elements)) : undefined;
}
