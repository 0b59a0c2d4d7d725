// A model as plain values. A `Value` is one tensor in a graph: a name with its element type and shape.
// A node takes values and gives values; an empty input name is an optional input that is left out.

import type { DType, TensorData } from './dtype.ts';

/** A size, or the name of one that is known only when the model runs ('N', the batch). */
export type Dim = number | string;

export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: Initializer }
  | { readonly kind: 'graph'; readonly value: Graph };

export interface Node {
  readonly opType: string;
  /** '' is ONNX itself; 'com.microsoft' ONNX Runtime's own operators. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant: `data` holds shape's product of elements in row-major order. */
export interface Initializer extends Value {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

export interface Model {
  readonly graph: Graph;
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
}
