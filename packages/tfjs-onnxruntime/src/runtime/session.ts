// ONNX Runtime as this engine uses it. `onnxruntime-node`'s public API is asynchronous, while TensorFlow.js reads
// tensors synchronously (`dataSync`); its binding, which does the work of both, runs on the calling thread, so
// sessions are made on it directly.

import { createRequire } from 'node:module';
import { SightlineError } from '@sightline/core';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Elements, GraphDType } from '../graph/buffer.ts';

export type Feeds = Record<string, Tensor>;

interface BindingSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: Feeds, fetches: Record<string, Tensor | null>, options: object): Feeds;
  endProfiling(): void;
  dispose(): void;
}

interface Binding {
  readonly initOrt: () => void;
  readonly binding: {
    readonly InferenceSession: new () => BindingSession;
    readonly listSupportedBackends: () => { name: string; bundled: boolean }[];
  };
}

let loaded: Binding | undefined;

function binding(): Binding {
  if (!loaded) {
    loaded = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as Binding;
    loaded.initOrt();
  }
  return loaded;
}

/** The execution providers of this build of onnxruntime-node, such as 'cpu', 'cuda', 'webgpu'. */
export const availableProviders = (): string[] =>
  binding()
    .binding.listSupportedBackends()
    .map((b) => b.name);

export type Provider = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml';

/**
 * Microseconds that threads spin while they wait for each other: longer than from one node of a training step to the
 * next. Spinning for as long as they wait takes the cores from those who load the next batch, and not at all makes a
 * step a sixth slower.
 */
const SPIN = '50';

export interface SessionOptions {
  readonly provider: Provider;
  readonly profile?: string;
}

let alive = 0;

/** Sessions that hold memory now. */
export const sessionsAlive = (): number => alive;

/** A model that is ready to run. */
export class Session {
  readonly #session: BindingSession;
  #disposed = false;

  /** Throws SightlineError where ONNX Runtime refuses the model. */
  constructor(model: Uint8Array, { provider, profile }: SessionOptions) {
    const options: InferenceSession.SessionOptions = {
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      graphOptimizationLevel: 'all',
      extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: SPIN } } },
      // Warnings of the runtime speak of its own fusions; errors are thrown, and need not be printed as well.
      logSeverityLevel: 4,
      ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
    };
    this.#session = new (binding().binding.InferenceSession)();
    try {
      this.#session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
    } catch (cause) {
      throw new SightlineError(
        'runtime',
        `ONNX Runtime refused a graph on ${provider}: ${(cause as Error).message}`,
        { cause },
      );
    }
    alive++;
  }

  /** Runs the model. A fetch that is a tensor is filled in place; `null` makes a new one. */
  run(feeds: Feeds, fetches: Record<string, Tensor | null>): Feeds {
    let outputs: Feeds;
    try {
      outputs = this.#session.run(feeds, fetches, {});
    } catch (cause) {
      throw new SightlineError('runtime', `ONNX Runtime failed: ${(cause as Error).message}`, { cause });
    }
    for (const [name, given] of Object.entries(fetches)) if (given) takeBack(outputs, name, given);
    return outputs;
  }

  /** Writes the profile that `profile` asked for. */
  endProfiling(): void {
    this.#session.endProfiling();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    alive--;
    this.#session.dispose();
  }
}

/**
 * Puts a tensor that was filled in place among the outputs. The binding copies what it has filled, into an array of its
 * own; that is let go of at once, for the garbage collector would come for megabytes a step late and often.
 */
function takeBack(outputs: Feeds, name: string, given: Tensor): void {
  const { buffer } = outputs[name]!.data as Float32Array;
  const isCopy = buffer !== (given.data as Float32Array).buffer;
  if (isCopy && buffer instanceof ArrayBuffer) buffer.transfer(0);
  outputs[name] = given;
}

/** A tensor over elements, without a copy. */
export function runtimeTensor(elements: Elements, dtype: GraphDType, shape: readonly number[]): Tensor {
  return new Tensor(dtype, elements as Float32Array, shape);
}
