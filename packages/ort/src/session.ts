/** Sessions: an ONNX model loaded by ONNX Runtime, with the settings that suit how it is used. */

import { SightlineError } from '@sightline/core';
import { DTYPES, type DType, encodeModel, GraphBuilder, op, type TensorData } from '@sightline/onnx';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { binding, type Feeds, type Fetches, type NativeSession } from './binding.ts';
import type { Provider } from './provider.ts';

/**
 * How a session is used.
 * `training`: many small nodes, called thousands of times, while other threads prepare the next batch.
 * `inference`: fewer, larger nodes, while other threads decode images.
 * `int8`: the same in 8 bits.
 * `once`: computes something once and is released.
 */
export type Workload = 'training' | 'inference' | 'int8' | 'once';

// Threads spin for about as long as it takes from one node to the next: sleeping at once is a twentieth slower, and to spin
// for longer takes the cores from those who decode.
const INFERENCE = { intra_op: { allow_spinning: '1', spin_duration_us: '20' } };

const WORKLOADS: Readonly<Record<Workload, () => InferenceSession.SessionOptions>> = {
  // Threads spin for longer than it takes from one node of a step to the next. Spinning for as long as they wait takes
  // the cores from those who load the next batch, and not spinning at all makes a step a sixth slower.
  training: () => ({
    graphOptimizationLevel: 'all',
    extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } },
  }),
  inference: () => ({ graphOptimizationLevel: 'all', extra: { session: INFERENCE } }),
  int8: () => ({
    graphOptimizationLevel: 'all',
    extra: { session: { ...INFERENCE, x64quantprecision: int8Saturates() ? '1' : '0' } },
  }),
  // Each node runs once: folding constants first, or an arena, would only keep more memory.
  once: () => ({ graphOptimizationLevel: 'disabled', enableCpuMemArena: false }),
};

export interface SessionOptions {
  readonly provider: Provider;
  /** Default: inference. */
  readonly workload?: Workload;
  /**
   * Whether the session keeps memory of its own for intermediate values, which is faster. Without, it takes what each
   * run needs from the process' allocator and gives it back. Default: as its workload suits.
   */
  readonly arena?: boolean;
  /** Threads within a node. Default: one per physical core. */
  readonly threads?: number;
  /** Whether nodes that the provider lacks may run on cpu. Default: true. */
  readonly cpuFallback?: boolean;
  /**
   * Outputs that stay on the GPU, of the provider webgpu: tensors whose location is `gpu-buffer`, which a later run takes
   * as an input, `download` reads and `dispose` frees. Default: none.
   */
  readonly onDevice?: readonly string[];
  /** Where to write a profile: the beginning of the file's path. */
  readonly profile?: string;
}

function nativeOptions({
  provider,
  workload = 'inference',
  arena,
  threads,
  cpuFallback = true,
  onDevice = [],
  profile,
}: SessionOptions): InferenceSession.SessionOptions {
  const { extra, ...settings } = WORKLOADS[workload]();
  const session = { ...(extra?.session as object), ...(cpuFallback ? {} : { disable_cpu_ep_fallback: '1' }) };
  return {
    ...settings,
    executionProviders: provider === 'cpu' || !cpuFallback ? [provider] : [provider, 'cpu'],
    extra: { session },
    // Fatal only: errors are thrown, and warnings speak of the runtime's own fusions.
    logSeverityLevel: 4,
    // A memory pattern is one block for all values: without an arena it would be mapped anew at each run.
    ...(arena === undefined ? {} : { enableCpuMemArena: arena, enableMemPattern: arena }),
    ...(onDevice.length > 0
      ? { preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer'])) }
      : {}),
    ...(threads ? { intraOpNumThreads: threads } : {}),
    ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
  };
}

let alive = 0;

/** The number of sessions that hold memory now. */
export const sessionsAlive = (): number => alive;

/** A model that is ready to run on the calling thread. */
export class Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #session: NativeSession;
  #disposed = false;

  /** @throws SightlineError `runtime` if ONNX Runtime refuses the model */
  constructor(model: Uint8Array, options: SessionOptions) {
    this.#session = new (binding().binding.InferenceSession)();
    try {
      this.#session.loadModel(model.buffer, model.byteOffset, model.byteLength, nativeOptions(options));
    } catch (cause) {
      throw new SightlineError(
        'runtime',
        `ONNX Runtime refused a graph on ${options.provider}: ${(cause as Error).message}`,
        { cause },
      );
    }
    this.inputNames = this.#session.inputMetadata.map(({ name }) => name);
    this.outputNames = this.#session.outputMetadata.map(({ name }) => name);
    alive++;
  }

  /**
   * Runs the model. A fetch that is a tensor is filled in place; `null` makes a new one. Default: all outputs, new.
   *
   * @throws SightlineError `runtime` if a node fails, `disposed` after `dispose`
   */
  run(feeds: Feeds, fetches: Fetches = Object.fromEntries(this.outputNames.map((n) => [n, null]))): Feeds {
    if (this.#disposed) throw new SightlineError('disposed', 'A session was run after it was disposed.');
    let outputs: Feeds;
    try {
      outputs = this.#session.run(feeds, fetches, {});
    } catch (cause) {
      throw new SightlineError('runtime', `ONNX Runtime failed: ${(cause as Error).message}`, { cause });
    }
    for (const [name, given] of Object.entries(fetches)) if (given) takeBack(outputs, name, given);
    return outputs;
  }

  /**
   * The same after other work of this thread had its turn: between the batches of a long computation, timers, messages
   * of workers and signals are handled.
   */
  async runAsync(feeds: Feeds, fetches?: Fetches): Promise<Feeds> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.run(feeds, fetches);
  }

  /** Writes the profile that `profile` asked for. */
  endProfiling(): void {
    this.#session.endProfiling();
  }

  /** Frees the native memory; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    alive--;
    this.#session.dispose();
  }
}

/**
 * Puts a tensor that was filled in place among the outputs. The binding copies what it has filled into an array of its
 * own, which is released at once: the garbage collector would come for megabytes a step late and often.
 */
function takeBack(outputs: Feeds, name: string, given: Tensor): void {
  const { buffer } = outputs[name]!.data as Float32Array;
  const isCopy = buffer !== (given.data as Float32Array).buffer;
  if (isCopy && buffer instanceof ArrayBuffer) buffer.transfer(0);
  outputs[name] = given;
}

/** A tensor over an array, without a copy. */
export function tensorOf(data: TensorData, dtype: DType, shape: readonly number[]): Tensor {
  if (data.BYTES_PER_ELEMENT !== DTYPES[dtype].bytes) {
    throw new SightlineError(
      'dtype',
      `A ${dtype} tensor needs elements of ${DTYPES[dtype].bytes} bytes, but got ${data.BYTES_PER_ELEMENT}.`,
    );
  }
  return new Tensor(dtype, data as Float32Array, shape);
}

let reader: Session | undefined;

/** The elements of a float32 tensor that stays on the GPU; a graph gives them, since the binding itself cannot. */
export function download(tensor: Tensor): Float32Array {
  if (!reader) {
    const g = new GraphBuilder('download');
    const outputs = [{ dtype: 'float32', shape: ['N'] }] as const;
    g.output('y', g.add('Identity', { inputs: [g.input('x', 'float32', ['N'])], outputs })[0]!);
    reader = new Session(encodeModel(g.build()), { provider: 'webgpu', workload: 'once' });
  }
  const x = Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: 'float32', dims: [tensor.size] });
  return reader.run({ x }).y!.data as Float32Array;
}

let saturates: boolean | undefined;

/**
 * Whether ONNX Runtime's 8-bit products saturate on this processor unless it is asked to be exact: on x86 without VNNI
 * it adds pairs of products in 16 bits.
 */
export function int8Saturates(): boolean {
  saturates ??= largestProduct('once') !== EXACT_PRODUCT;
  return saturates;
}

const LENGTH = 64;
const WIDTH = 16;
const EXACT_PRODUCT = LENGTH * 255 * 127;

/** The product of the largest uint8 with the largest int8 vectors, as a session of this kind computes it. */
export function largestProduct(workload: Workload): number {
  const g = new GraphBuilder('largest-product');
  const left = g.input('left', 'uint8', [1, LENGTH]);
  const right = g.constant(new Int8Array(LENGTH * WIDTH).fill(127), [LENGTH, WIDTH]);
  const outputs = [{ dtype: 'int32', shape: [1, WIDTH] }] as const;
  g.output('product', g.add('MatMulInteger', { inputs: [left, right], outputs })[0]!);
  const session = new Session(encodeModel(g.build()), { provider: 'cpu', workload });
  const feeds = { left: tensorOf(new Uint8Array(LENGTH).fill(255), 'uint8', [1, LENGTH]) };
  const { product } = session.run(feeds);
  session.dispose();
  return (product!.data as Int32Array)[0]!;
}

let block: number | undefined;

/**
 * How many channels lie together in ONNX Runtime's blocked maps (see `toBlocks`), which its provider cpu computes with on
 * this processor; 0 where it has none.
 */
export function channelBlock(): number {
  block ??= measuredBlock();
  return block;
}

/** Blocks are at most this long: the floats of the widest registers, of 512 bits. */
const LONGEST_BLOCK = 16;

/** Two pixels of more channels than a block holds: where the second begins, the first block ends. */
function measuredBlock(): number {
  const g = new GraphBuilder('channel-block');
  const pixels = g.input('pixels', 'float32', [1, 1, 2, LONGEST_BLOCK]);
  g.output('blocked', op.toBlocks(g, pixels, LONGEST_BLOCK));
  const elements = Float32Array.from({ length: 2 * LONGEST_BLOCK }, (_, i) => i);
  try {
    const session = new Session(encodeModel(g.build()), { provider: 'cpu', workload: 'once' });
    const { blocked } = session.run({ pixels: tensorOf(elements, 'float32', [1, 1, 2, LONGEST_BLOCK]) });
    session.dispose();
    return (blocked!.data as Float32Array).indexOf(LONGEST_BLOCK);
  } catch {
    return 0;
  }
}
