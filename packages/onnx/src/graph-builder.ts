// Builds a graph node by node. Operators (see op/) check shapes and element types as they are added, so a
// wrong graph fails where it is built and not inside the runtime.

import { SightlineError } from '@sightline/core';
import { DTYPES, type DType, type TensorData } from './dtype.ts';
import type { Attribute, Dim, Graph, Initializer, Model, Node, Value } from './model.ts';
import { showShape, sizeOf } from './shape.ts';

export const OPSET = 18;
const IR_VERSION = 9;

/** Attributes as an operator passes them; `undefined` leaves one out. */
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

export interface NodeSpec {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly { readonly dtype: DType; readonly shape: readonly Dim[] }[];
  readonly attributes?: Attributes;
  readonly domain?: string;
}

export interface BuildOptions {
  /** Key and value strings kept in the model, such as class names. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producer?: string;
}

/** Constants up to this many elements are shared when their bytes are the same, longer ones when their array is. */
const SHARED_ELEMENTS = 64;

export class GraphBuilder {
  readonly name: string;
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  /** All that nodes have made so far, for listings. */
  readonly values: Value[] = [];
  /** Prefixed to the names of nodes added from now on, so that a listing says which kernel made them. */
  scope = '';
  /** The version of the operators: that of a graph that is made a part of this one. */
  opset = OPSET;
  #names = new Set<string>();
  #count = 0;
  #shared = new Map<string, Initializer>();
  readonly #arrays = new Map<TensorData, number>();
  /** Of values that are others in a new shape: those others. */
  readonly #sources = new Map<Value, Value>();

  constructor(name: string) {
    this.name = name;
  }

  /** Declares an input of the graph. */
  input(name: string, dtype: DType, shape: readonly Dim[]): Value {
    const value = { name: this.#claim(name), dtype, shape: [...shape] };
    this.inputs.push(value);
    return value;
  }

  /**
   * Names a value as an output of the graph. What a node made takes that name; inputs, constants and what is an output
   * already get there through Identity, which copies.
   */
  output(name: string, value: Value): Value {
    const out = { name: this.#claim(name), dtype: value.dtype, shape: value.shape };
    const isMade = this.nodes.some(({ outputs }) => outputs.includes(value.name));
    if (isMade && !this.outputs.some((other) => other.name === value.name)) this.#rename(value, name);
    else {
      this.nodes.push({
        opType: 'Identity',
        domain: '',
        name: out.name,
        inputs: [value.name],
        outputs: [out.name],
        attributes: {},
      });
    }
    this.outputs.push(out);
    return out;
  }

  #rename(value: Value, name: string): void {
    const old = value.name;
    this.nodes.forEach((node, i) => {
      if (!node.inputs.includes(old) && !node.outputs.includes(old)) return;
      const renamed = (names: readonly string[]) => names.map((n) => (n === old ? name : n));
      this.nodes[i] = { ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) };
    });
    // Nodes that are added later name it so too.
    (value as { name: string }).name = name;
  }

  /**
   * Adds a constant of `shape`'s product of elements, row-major. Its element type follows from the array
   * (Uint16Array is float16, Uint8Array uint8) unless `dtype` says another.
   */
  constant(data: TensorData, shape: readonly number[] = [data.length], dtype = dtypeOf(data)): Value {
    if (sizeOf(shape) !== data.length || data.BYTES_PER_ELEMENT !== DTYPES[dtype].bytes) {
      throw new SightlineError(
        'shape',
        `A constant ${dtype}${showShape(shape)} does not fit ${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes.`,
      );
    }
    const isShort = data.length <= SHARED_ELEMENTS;
    const key = `${dtype}|${shape.join()}|${isShort ? bits(data) : this.#arrayId(data)}`;
    let known = this.#shared.get(key);
    if (!known) {
      known = this.#addConstant(isShort ? data.slice() : data, shape, dtype);
      this.#shared.set(key, known);
    }
    return known;
  }

  /** A float32 scalar. */
  float(value: number): Value {
    return this.constant(Float32Array.of(value), []);
  }

  /** A 1-D int64 constant, as ONNX takes shapes, axes and pads. */
  ints(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, (v) => BigInt(v)));
  }

  /** Adds a node and gives its outputs. Operators call it; `opType` is ONNX' name. */
  add(opType: string, spec: NodeSpec): Value[] {
    const stem = this.scope ? `${this.scope}/${opType}` : opType;
    const id = this.#count++;
    const outputs = spec.outputs.map((o, i) => ({ name: `${stem}_${id}${i ? `_${i}` : ''}`, ...o }));
    const inputs = spec.inputs.map((v) => v?.name ?? '');
    while (inputs.at(-1) === '') inputs.pop();
    const attributes: Record<string, Attribute> = {};
    for (const [key, value] of Object.entries(spec.attributes ?? {})) if (value) attributes[key] = value;
    this.nodes.push({
      opType,
      domain: spec.domain ?? '',
      name: `${stem}_${id}`,
      inputs,
      outputs: outputs.map((o) => o.name),
      attributes,
    });
    this.values.push(...outputs);
    return outputs;
  }

  /** Says that `value` is `source` in another shape, so that a reshape of it can start from there. */
  reshaped(value: Value, source: Value): void {
    this.#sources.set(value, source);
  }

  /** What a value was before it was reshaped. */
  sourceOf(value: Value): Value {
    return this.#sources.get(value) ?? value;
  }

  /** The graph as it stands, without nodes that lead to no output. */
  graph(): Graph {
    const { name, inputs, outputs, initializers } = this;
    const needed = new Set(outputs.map((value) => value.name));
    const nodes = this.nodes.toReversed().filter((node) => {
      const isNeeded = node.outputs.some((output) => needed.has(output));
      if (isNeeded) for (const input of node.inputs) needed.add(input);
      return isNeeded;
    });
    return { name, inputs, outputs, nodes: nodes.reverse(), initializers };
  }

  build(options: BuildOptions = {}): Model {
    return {
      graph: this.graph(),
      opset: this.opset,
      irVersion: IR_VERSION,
      producer: options.producer ?? 'sightline',
      metadata: options.metadata ?? {},
    };
  }

  #addConstant(data: TensorData, shape: readonly number[], dtype: DType): Initializer {
    const value = { name: `const_${this.initializers.length}`, dtype, shape: [...shape], data };
    this.initializers.push(value);
    return value;
  }

  #arrayId(data: TensorData): string {
    const id = this.#arrays.get(data) ?? this.#arrays.size;
    this.#arrays.set(data, id);
    return `array ${id}`;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) {
      throw new SightlineError('graph', `The graph ${this.name} has an input or output ${name} already.`);
    }
    this.#names.add(name);
    return name;
  }
}

/** Bytes as a string: -0 and 0, and NaNs of other bits, are other constants. */
function bits(data: TensorData): string {
  return String.fromCharCode(...new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Uint16Array) return 'float16';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return 'uint8';
}
