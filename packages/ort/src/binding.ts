/**
 * The native module inside `onnxruntime-node`. Its public API is asynchronous, while TensorFlow.js reads tensors
 * synchronously (`dataSync`); the native module does the work of both on the calling thread. The path is private to
 * the package, which is why its version is pinned exactly.
 */

import { createRequire } from 'node:module';
import { SightlineError } from '@sightline/core';
import type { Tensor } from 'onnxruntime-node';

export type Feeds = Record<string, Tensor>;
export type Fetches = Record<string, Tensor | null>;

export interface NativeSession {
  readonly inputMetadata: readonly { readonly name: string }[];
  readonly outputMetadata: readonly { readonly name: string }[];
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: Feeds, fetches: Fetches, options: object): Feeds;
  endProfiling(): void;
  dispose(): void;
}

interface Binding {
  readonly initOrt: () => void;
  readonly binding: {
    readonly InferenceSession: new () => NativeSession;
    readonly listSupportedBackends: () => { name: string; bundled: boolean }[];
  };
}

const PATH = 'onnxruntime-node/dist/binding.js';

let loaded: Binding | undefined;

/** @throws SightlineError `unsupported` if onnxruntime-node has no binary for this platform or has moved its binding */
export function binding(): Binding {
  if (!loaded) {
    try {
      loaded = createRequire(import.meta.url)(PATH) as Binding;
      loaded.initOrt();
    } catch (cause) {
      loaded = undefined;
      const reason = (cause as Error).message.split('\n')[0];
      throw new SightlineError(
        'unsupported',
        `ONNX Runtime does not load on ${process.platform} ${process.arch}: ${reason}`,
        { cause, hint: `Sightline needs ${PATH} of the exact version in its package.json.` },
      );
    }
  }
  return loaded;
}
