// What a training loop asks of an engine, whichever executes.

import type { Provider } from '@sightline/ort';
import type { CompileOptions } from '../compile/compile.ts';
import type { Step } from '../compile/trace.ts';

export type EngineName = 'onnxruntime' | 'cpu' | 'tfjs-node' | 'tfjs-node-gpu';

export const ENGINE_NAMES: readonly EngineName[] = ['onnxruntime', 'tfjs-node-gpu', 'tfjs-node', 'cpu'];

export interface EngineOptions {
  /** Of the engine onnxruntime: the execution provider that must run. Left out: the best that is there. */
  readonly provider?: Provider;
}

export interface Engine {
  readonly name: EngineName;
  /** What executes: an execution provider, or the library. */
  readonly provider: string;
  /** The device that really runs: a processor or a card, in words. */
  readonly device: string;
  /** One line that says what was chosen, and why. */
  readonly note: string;
  /** Makes a step fast where the engine can; otherwise gives it back. */
  compile<F extends Step>(step: F, options?: CompileOptions): (...inputs: Parameters<F>) => ReturnType<F>;
}

/** Makes an engine TensorFlow.js' backend; throws SightlineError where it or its device is missing. */
export type Driver = (options: EngineOptions) => Promise<Engine>;

/** For engines that execute step by step: the step as it is. */
export const uncompiled: Engine['compile'] =
  (step) =>
  (...inputs) =>
    step(...inputs) as ReturnType<typeof step>;
