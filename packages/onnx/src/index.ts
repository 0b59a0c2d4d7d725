// The ONNX format as TypeScript values: build a graph, check it, encode, decode and print it.

export { type ErrorCode, SightlineError } from '@sightline/core';
export { DTYPES, type DType, type TensorData } from './dtype.ts';
export { FEATURES, withFeatures } from './feature-output.ts';
export { type Attributes, type BuildOptions, GraphBuilder, type NodeSpec, OPSET } from './graph-builder.ts';
export { inlineGraph } from './inline.ts';
export type { Attribute, Dim, Graph, Initializer, Model, Node, Value } from './model.ts';
export * as op from './op/index.ts';
export { halfWeights } from './precision/half-weights.ts';
export {
  activationsToObserve,
  quantize,
  quantizeKernel,
  type Range,
  type Ranges,
  type Steps,
  stepsOf,
  withRangeOutputs,
} from './precision/quantize.ts';
export { type PrintOptions, printModel } from './print.ts';
export { broadcast, sizeOf } from './shape.ts';
export { readUntrusted } from './untrusted.ts';
export { decodeModel } from './wire/decode.ts';
export { encodeModel } from './wire/encode.ts';
