// The TensorFlow.js backend. Its kernels compute nothing when they are called: a call is recorded, and a whole
// graph of calls runs when somebody reads a result, or when the code that recorded them gives way to the event
// loop (so that a training step of `model.fit`, which awaits after each batch, is one graph).

import { SightlineError } from '@sightline/core';
import type { SessionOptions } from '@sightline/ort';
import {
  type BackendValues,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { Buffer, Call, type CallType, type Elements, type TensorSpec } from '../graph/buffer.ts';
import { callType } from '../graph/call-type.ts';
import type { Attributes } from '../lowering/lowering.ts';
import { Executor } from '../runtime/execute.ts';
import { sessionTotals } from '../runtime/graph-session.ts';
import { feedAttributes } from './attribute-inputs.ts';
import { asElements } from './elements.ts';
import { dependsOnPlaceholder, readOutside } from './placeholder.ts';
import { withPlace } from './run-error.ts';
import { placeHere, userLine } from './user-line.ts';

/** A loop that never awaits is cut here, at the next moment when something has been disposed (the end of a tidy). */
const MOST_RECORDED = 2_000;

/** What `tf.memory()` says besides on this backend. */
export interface SessionMemory {
  /** ONNX Runtime sessions of this process, those of compiled steps among them. */
  readonly numSessions: number;
  /** Bytes that they hold between their runs, estimated: graphs, constants and arenas. */
  readonly numBytesInSessions: number;
}

/** Kernels that fail on values: an index out of range. */
const INDEXED = new Set(['GatherNd', 'GatherV2', 'ScatterNd', 'TensorScatterUpdate']);

export class OnnxRuntimeBackend extends KernelBackend {
  readonly executor: Executor;
  readonly #buffers: DataStorage<Buffer>;
  /** Buffers that are recorded only and that a tensor still refers to. */
  #pending = new Set<Buffer>();
  #recorded = 0;
  /** The type of the first call recorded since the last graph ended. */
  #firstType: CallType | undefined;
  #disposedSinceRecord = false;
  #flushScheduled = false;
  #tracing = false;
  /** Whether calls remember the user's line. */
  #lines = false;
  /** Called with each tensor that is uploaded. */
  onUpload: ((buffer: Buffer) => void) | undefined;

  constructor(options: SessionOptions = { provider: 'cpu' }) {
    super();
    this.executor = new Executor(options);
    this.#buffers = new DataStorage(this, engine());
  }

  /** Records a kernel's call, and gives its outputs at once. */
  record(
    kernel: string,
    inputs: readonly (readonly [string, TensorInfo])[],
    attributes: Attributes,
  ): TensorInfo[] {
    if (this.#tracing) for (const [, info] of inputs) this.#refuseLeft(this.buffer(info.dataId, kernel));
    const specs = inputs.map(([name, { dtype, shape }]) => [name, { dtype, shape } as TensorSpec] as const);
    const buffers = inputs.map(([, info]) => this.view(info, kernel));
    // The call runs later, on what its inputs are now.
    for (const [, { dataId }] of inputs) this.buffer(dataId).own();
    // A compiled step wants constants, which its rewrites and ONNX Runtime compute with.
    const fedCall = this.#tracing
      ? undefined
      : feedAttributes(kernel, Object.fromEntries(inputs), attributes);
    const fed = Object.entries(fedCall?.fed ?? {});
    const type = callType(fedCall?.kernel ?? kernel, [...specs, ...fed], fedCall?.attributes ?? attributes);
    for (const [, { dtype, shape, elements }] of fed) buffers.push(new Buffer(dtype, shape, elements));
    if (!this.#tracing && this.#disposedSinceRecord && this.#isCut(type, buffers)) this.flush();
    if (this.#recorded === 0) this.#firstType = type;
    const call = new Call(type, buffers, this.#lines || INDEXED.has(kernel) ? placeHere() : undefined);
    this.#recorded++;
    this.#disposedSinceRecord = false;
    if (!this.#flushScheduled && !this.#tracing) {
      this.#flushScheduled = true;
      queueMicrotask(() => {
        this.#flushScheduled = false;
        this.flush();
      });
    }
    return type.outputs.map((spec, i) => {
      const buffer = new Buffer(spec.dtype, spec.shape, call, i);
      this.#pending.add(buffer);
      return this.adopt(buffer);
    });
  }

  /**
   * Whether the graph ends before a call. A loop that never awaits, such as that of `model.predict`, is cut where it
   * begins anew: with the same call as before, on known values.
   */
  #isCut(type: CallType, inputs: readonly Buffer[]): boolean {
    if (this.#recorded >= MOST_RECORDED) return true;
    return type === this.#firstType && this.#recorded > 0 && inputs.every((buffer) => !buffer.call);
  }

  /** A new dataId over a buffer. */
  adopt(buffer: Buffer): TensorInfo {
    const dataId = {};
    this.#buffers.set(dataId, buffer);
    return { dataId, shape: [...buffer.shape], dtype: buffer.dtype };
  }

  /** The buffer of a tensor that `reader` asks for, moved here from another backend where it stands in one. */
  buffer(dataId: DataId, reader = 'A call'): Buffer {
    if (!this.#buffers.has(dataId) && !engine().state.tensorInfo.has(dataId)) {
      throw new SightlineError(
        'disposed',
        `${reader} reads a tensor that has been disposed (${userLine()}).`,
      );
    }
    return this.#buffers.get(dataId);
  }

  /**
   * The buffer of a tensor, in the tensor's shape: TensorFlow.js lets tensors of other shapes (and of other types:
   * clones that cast) share a dataId.
   */
  view({ dataId, shape, dtype }: TensorInfo, reader?: string): Buffer {
    const buffer = this.buffer(dataId, reader);
    const same = buffer.shape.length === shape.length && buffer.shape.every((dim, i) => dim === shape[i]);
    if (same || dtype !== buffer.dtype) return buffer;
    const type = callType('Reshape', [['x', buffer as TensorSpec]], { shape });
    return new Buffer(buffer.dtype, shape, new Call(type, [buffer]));
  }

  /**
   * Computes everything that is recorded and still referred to. Nobody is told here of what fails: whoever reads a
   * buffer that depends on it is.
   */
  flush(): void {
    if (this.#tracing || this.#pending.size === 0) {
      this.#recorded = 0;
      return;
    }
    const buffers = [...this.#pending];
    this.#pending.clear();
    this.#recorded = 0;
    this.#settle(buffers);
  }

  /** Computes buffers as one graph; where that fails, half by half, so that what does not depend on the fault runs. */
  #settle(buffers: readonly Buffer[]): void {
    try {
      this.executor.settle(buffers);
    } catch (error) {
      if (buffers.length === 1) {
        const [buffer] = buffers as [Buffer];
        buffer.failure = dependsOnPlaceholder(buffer) ? readOutside() : withPlace(error as Error, buffer);
        return;
      }
      const half = Math.ceil(buffers.length / 2);
      this.#settle(buffers.slice(0, half));
      this.#settle(buffers.slice(half));
    }
  }

  /**
   * Runs `body` with all calls recorded and none run; reading a result that depends on a placeholder throws. With
   * `lines`, calls remember where in the user's code they were made.
   */
  trace<T>(body: () => T, lines = false): T {
    const pending = this.#pending;
    this.#pending = new Set();
    this.#tracing = true;
    this.#lines = lines;
    try {
      return body();
    } finally {
      this.#tracing = false;
      this.#lines = false;
      this.#pending = pending;
    }
  }

  get isTracing(): boolean {
    return this.#tracing;
  }

  /** Throws where a traced step reads a tensor that was left from another trace: it has no value. */
  #refuseLeft(buffer: Buffer): void {
    if (!buffer.call || this.#pending.has(buffer)) return;
    throw new SightlineError(
      'not-compilable',
      `A compiled step reads a tensor that an earlier call of it has kept ${userLine()}: what it keeps from step to step must be in a tf.Variable.`,
    );
  }

  /** Whether a step is being traced in which a buffer's value differs from run to run. */
  isUnknown(buffer: Buffer): boolean {
    return this.#tracing && dependsOnPlaceholder(buffer);
  }

  /** The elements of a buffer, computed now where they are not. */
  elements(buffer: Buffer): Elements {
    if (buffer.failure) throw buffer.failure;
    if (this.isUnknown(buffer)) {
      const kernel = buffer.call?.type.kernel;
      throw new SightlineError(
        'not-compilable',
        `A compiled step reads ${kernel ? `the result of ${kernel}` : 'an input or a variable'} ${userLine()}. ` +
          'Its value is known only when the step runs: return the tensor from the step and read it outside, ' +
          'or choose with tf.where instead of an if.',
      );
    }
    if (buffer.call) {
      if (this.#tracing) this.executor.settle([buffer]);
      else {
        this.#pending.add(buffer);
        this.flush();
        if (buffer.failure) throw buffer.failure;
      }
    }
    return buffer.elements!;
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    this.onUpload?.(this.buffer(dataId));
    return dataId;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const buffer = new Buffer(dtype, shape, undefined);
    buffer.refCount = refCount;
    if (dtype === 'string') buffer.strings = values as Uint8Array[];
    else {
      buffer.elements = asElements(values, dtype, shape);
      buffer.borrowed = buffer.elements === values;
    }
    this.#buffers.set(dataId, buffer);
  }

  override readSync(dataId: DataId): BackendValues {
    const buffer = this.buffer(dataId);
    if (buffer.strings) return buffer.strings;
    const elements = this.elements(buffer);
    return buffer.rewritten ? elements.slice() : elements;
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: DataId): void {
    this.buffer(dataId).refCount++;
  }

  override refCount(dataId: DataId): number {
    return this.#buffers.has(dataId) ? this.buffer(dataId).refCount : 0;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#buffers.has(dataId)) return true;
    const buffer = this.buffer(dataId);
    buffer.refCount--;
    if (!force && buffer.refCount > 0) return false;
    buffer.refCount = 0;
    this.#pending.delete(buffer);
    this.#buffers.delete(dataId);
    this.#disposedSinceRecord = true;
    return true;
  }

  override numDataIds(): number {
    return this.#buffers.numDataIds();
  }

  /** Part of `tf.memory()`: tensors are counted exactly, sessions estimated. */
  override memory(): SessionMemory & { unreliable: boolean } {
    const { sessions, bytes } = sessionTotals();
    return { unreliable: false, numSessions: sessions, numBytesInSessions: bytes };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(body: () => void): Promise<{ kernelMs: number }> {
    this.flush();
    const start = performance.now();
    body();
    this.flush();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.executor.dispose();
  }
}
