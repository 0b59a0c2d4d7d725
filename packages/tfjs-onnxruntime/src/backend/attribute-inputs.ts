// Attributes that programs change from call to call: where a batch begins in its data set, paddings, an angle. They are
// fed as inputs, so that calls which differ only in them have one type and share one session.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Elements, type GraphDType, sizeFromShape } from '../graph/buffer.ts';
import { type StridedSliceAttributes, sliceBounds, stridedBounds } from '../lowering/layout.ts';
import type { Attributes } from '../lowering/lowering.ts';
import { type RotateAttributes, rotationTable } from '../lowering/sampling.ts';

export interface FedInput {
  readonly elements: Elements;
  readonly shape: readonly number[];
  readonly dtype: GraphDType;
}

/** A call with some of its attributes as inputs. */
export interface FedCall {
  readonly kernel: string;
  readonly attributes: Attributes;
  readonly fed: Readonly<Record<string, FedInput>>;
}

type Inputs = Readonly<Record<string, TensorInfo>>;

const integers = (values: ArrayLike<number>): FedInput => {
  const elements = Int32Array.from(values);
  return { elements, shape: [elements.length], dtype: 'int32' };
};

const SCALARS: Record<GraphDType, (value: number) => Elements> = {
  float32: (value) => Float32Array.of(value),
  int32: (value) => Int32Array.of(value),
  bool: (value) => Uint8Array.of(value ? 1 : 0),
};

/** How each kernel's call is made one; `undefined` where a call has nothing to feed. */
const FEEDS: Readonly<
  Record<string, (inputs: Inputs, attributes: Attributes) => Omit<FedCall, 'kernel'> | undefined>
> = {
  Slice: ({ x }, { begin, size }) => {
    const { starts, sizes } = sliceBounds(x!.shape, begin, size);
    if (starts.length === 0) return undefined;
    return {
      attributes: { size: sizes, strides: sizes.map(() => 1), shape: sizes },
      fed: {
        begin: integers(starts),
        end: integers(starts.map((start, axis) => start + sizes[axis]!)),
      },
    };
  },
  StridedSlice: ({ x }, attributes) => {
    const bounds = stridedBounds(x!.shape, attributes as StridedSliceAttributes);
    const { begin, ends, strides, sizes, finalShape } = bounds;
    if (sizeFromShape(finalShape) === 0 || begin.length === 0) return undefined;
    return {
      attributes: { size: sizes, strides, shape: finalShape },
      fed: { begin: integers(begin), end: integers(ends) },
    };
  },
  PadV2: ({ x }, { paddings, constantValue }) => {
    const pairs = paddings as [number, number][];
    if (pairs.every(([before, after]) => before === 0 && after === 0)) return undefined;
    return {
      attributes: {
        constantValue,
        shape: x!.shape.map((dim, axis) => pairs[axis]![0] + dim + pairs[axis]![1]),
      },
      fed: { paddings: integers([...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)]) },
    };
  },
  Fill: (_, { shape, value, dtype = 'float32' }) => ({
    attributes: { shape, dtype },
    fed: { value: { elements: SCALARS[dtype as GraphDType](value), shape: [], dtype } },
  }),
  RotateWithOffset: ({ image }, { fillValue, ...rotation }) => {
    const [, height, width] = image!.shape as [number, number, number];
    const { pixels, inside } = rotationTable(height, width, rotation as RotateAttributes);
    return {
      attributes: { fillValue },
      fed: { pixels: integers(pixels), inside: { elements: inside, shape: [inside.length], dtype: 'bool' } },
    };
  },
};

/** Kernels that become another's call once their attributes are resolved. */
const RENAMED: Readonly<Record<string, string>> = { StridedSlice: 'Slice' };

/** The call with what changes from call to call as inputs; `undefined` for kernels and calls without any. */
export function feedAttributes(kernel: string, inputs: Inputs, attributes: Attributes): FedCall | undefined {
  const call = FEEDS[kernel]?.(inputs, attributes);
  return call && { kernel: RENAMED[kernel] ?? kernel, ...call };
}
