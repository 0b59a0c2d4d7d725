// What stands behind a TensorFlow.js dataId. A `Buffer` either holds its elements, or is the promise of a call
// that was recorded and not run yet. A `Call` is one kernel applied to buffers; calls and buffers form the graph.

import type { Feeds } from '@sightline/ort';
import type { DataType } from '@tensorflow/tfjs-core';
import type { Attributes } from '../lowering/lowering.ts';

/** Elements as the runtime holds them: float32 (complex64 as pairs), int32, and bool as one byte an element. */
export type Elements = Float32Array | Int32Array | Uint8Array;

/** A tensor of ONNX Runtime's. */
export type RuntimeTensor = Feeds[string];

/** The element types that a graph computes with. */
export type GraphDType = 'float32' | 'int32' | 'bool';

export interface TensorSpec {
  readonly dtype: GraphDType;
  readonly shape: readonly number[];
}

/** A kernel with its attributes and the specs of its inputs: all that its lowering depends on. */
export interface CallType {
  /** Unique for each distinct type while the process lives. */
  readonly id: number;
  readonly kernel: string;
  readonly inputNames: readonly string[];
  readonly attributes: Attributes;
  readonly outputs: readonly TensorSpec[];
}

export class Call {
  readonly type: CallType;
  readonly inputs: readonly Buffer[];
  /** Where in the user's code the call was made, for kernels and traces that may have to tell. */
  readonly line: (() => string) | undefined;

  constructor(type: CallType, inputs: readonly Buffer[], line?: () => string) {
    this.type = type;
    this.inputs = inputs;
    this.line = line;
  }
}

/** A value that a compiled step has left on the GPU. */
export interface OnDevice {
  readonly tensor: RuntimeTensor;
  read(): Elements;
}

export class Buffer {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Tensors of TensorFlow.js that share this buffer. */
  refCount = 1;
  #elements: Elements | undefined;
  #onDevice: OnDevice | undefined;
  /** The call whose output this is, until it has run. */
  call: Call | undefined;
  readonly outputIndex: number;
  /** Set while a step is traced, on what differs from step to step: its inputs and variables. */
  placeholder = false;
  /** The elements are an array of the caller's, who may reuse it. */
  borrowed = false;
  /** The elements are rewritten in place by a compiled step: a reader gets a copy. */
  rewritten = false;
  /** The encoded elements of a string tensor. */
  strings: Uint8Array[] | undefined;
  /** Why the call failed, told to whoever reads. */
  failure: Error | undefined;

  constructor(
    dtype: DataType,
    shape: readonly number[],
    source: Elements | Call | undefined,
    outputIndex = 0,
  ) {
    this.dtype = dtype;
    this.shape = shape;
    this.outputIndex = outputIndex;
    if (source instanceof Call) this.call = source;
    else this.elements = source;
  }

  /** Those of a value on the GPU are read when somebody asks for them. */
  get elements(): Elements | undefined {
    this.#elements ??= this.#onDevice?.read();
    return this.#elements;
  }

  set elements(elements: Elements | undefined) {
    this.#elements = elements;
    this.#onDevice = undefined;
  }

  /** The value as it lies on the GPU. */
  get onDevice(): OnDevice | undefined {
    return this.#onDevice;
  }

  set onDevice(value: OnDevice) {
    this.#elements = undefined;
    this.#onDevice = value;
  }

  /** Has the elements to itself: whatever reads them later finds what they are now. */
  own(): void {
    if (!this.borrowed) return;
    this.borrowed = false;
    this.elements = this.elements?.slice();
  }

  /** Takes the elements of a call that has run, and lets go of the graph behind it. */
  settle(elements: Elements): void {
    this.elements = elements;
    this.call = undefined;
  }
}

export const sizeFromShape = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A typed array for a dtype; throws nothing: graphs hold these three only. */
export function allocate(dtype: GraphDType, size: number): Elements {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
