/** What a training loop needs of an engine, whichever executes. */

import type { Provider } from '@sightline/ort';
import type { CompileOptions, Step } from '@sightline/tfjs-onnxruntime';

export interface EngineOptions {
  /** The execution provider that the engine onnxruntime must use. Default: the best that works. */
  readonly provider?: Provider;
}

export interface Engine {
  readonly name: string;
  /** What executes: an execution provider, or the library. */
  readonly provider: string;
  /** The device that runs: a processor or a graphics card, in words. */
  readonly device: string;
  /** One line that says what was chosen, and why. */
  readonly note: string;
  /** Makes a step fast if the engine can; returns it as it is otherwise. */
  compile<F extends Step>(step: F, options?: CompileOptions): (...inputs: Parameters<F>) => ReturnType<F>;
}

/** Makes an engine TensorFlow.js' backend; throws SightlineError if it or its device is missing. */
export type Driver = (options: EngineOptions) => Promise<Engine>;

/** For engines that execute op by op: the step as it is. */
export const uncompiled: Engine['compile'] =
  (step) =>
  (...inputs) =>
    step(...inputs) as ReturnType<typeof step>;
