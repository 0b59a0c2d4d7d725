// What a lowering is: a function from a kernel's inputs (ONNX values by TensorFlow.js' names) and attributes to
// the values that it computes, adding nodes to a graph on the way.

import { type DType, type GraphBuilder, op, type Value } from '@sightline/onnx';
import { channelBlock } from '@sightline/ort';

// biome-ignore lint/suspicious/noExplicitAny: TensorFlow.js types attributes kernel by kernel; a lowering names its own.
export type Attributes = Readonly<Record<string, any>>;

/** Inputs by TensorFlow.js' names ('x', 'filter'), or '0', '1', … of kernels that take a list. */
export type Inputs = Readonly<Record<string, Value>>;

// biome-ignore lint/suspicious/noExplicitAny: the table holds lowerings of different attributes.
export type Lowering<A = any> = (context: LoweringContext, inputs: Inputs, attributes: A) => Value | Value[];

/** The graph that is being built, and what its lowerings share, such as the patches of an image batch. */
export class LoweringContext {
  readonly graph: GraphBuilder;
  /** Whether the graph is for ONNX Runtime's provider cpu, which has operators on bool that others lack. */
  readonly onCpu: boolean;
  /** Values (N, …) that are known in bands of images, and these (see image-bands.ts). */
  readonly bands = new Map<Value, readonly Value[]>();
  /** Maps (N, H, W, C) that are known in blocks of channels, and these (see blocked-maps.ts). */
  readonly blocked = new Map<Value, Value>();
  /** Whether what is being lowered is read in blocks of channels. */
  readInBlocks = false;
  /** The share of a batch's images that is being lowered. */
  images = 1;
  #shared = new Map<string, unknown>();

  constructor(graph: GraphBuilder, onCpu = true) {
    this.graph = graph;
    this.onCpu = onCpu;
  }

  /** Channels in a block of ONNX Runtime's blocked maps (see `toBlocks` in @sightline/onnx); 0 where it has none. */
  get block(): number {
    return this.onCpu ? channelBlock() : 0;
  }

  /** Lowers a band with this share of the images. */
  withImages<T>(share: number, lower: () => T): T {
    const { images } = this;
    this.images = images * share;
    try {
      return lower();
    } finally {
      this.images = images;
    }
  }

  /** Makes what several lowerings need once for each key. */
  share<T>(key: string, make: () => T): T {
    if (!this.#shared.has(key)) this.#shared.set(key, make());
    return this.#shared.get(key) as T;
  }
}

/** The shape of a value as numbers: graphs of this engine have no symbolic sizes. */
export const shapeOf = (value: Value): number[] => value.shape as number[];

/** A scalar constant of an element type. */
export function scalar(graph: GraphBuilder, value: number, dtype: DType): Value {
  if (dtype === 'int32') return graph.constant(Int32Array.of(value), []);
  if (dtype === 'int64') return graph.constant(BigInt64Array.of(BigInt(value)), []);
  if (dtype === 'bool') return graph.constant(Uint8Array.of(value ? 1 : 0), [], 'bool');
  return graph.float(value);
}

/** bool as int32, for operators that compute with numbers only. */
export const numeric = (graph: GraphBuilder, x: Value): Value =>
  x.dtype === 'bool' ? op.cast(graph, x, 'int32') : x;

/** For operators that take no bool, or not on every provider: computed as int32, and bool again. */
export const throughInt32 = (g: GraphBuilder, x: Value, apply: (x: Value) => Value): Value =>
  x.dtype === 'bool' ? op.cast(g, apply(op.cast(g, x, 'int32')), 'bool') : apply(x);

/** Where x is NaN, the one number that is not equal to itself: providers other than cpu have no IsNaN. */
export const isNan = (graph: GraphBuilder, x: Value): Value => op.not(graph, op.equal(graph, x, x));

export const asFloat = (graph: GraphBuilder, x: Value): Value => op.cast(graph, x, 'float32');

/** The list of a kernel's inputs, in order, for kernels that take a list. */
export const listOf = (inputs: Inputs): Value[] => Object.values(inputs);
