// What callers see: models and photos in, predictions out.

import type { Image } from '@sightline/image';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { ModelMetadata } from './metadata.ts';

export type { ModelMetadata };

/** ONNX Runtime as `onnxruntime-node` and `onnxruntime-web` export it. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: 'uint8', data: Uint8Array, dims: readonly number[]) => Tensor;
}

/** Encoded bytes, or a path or URL to read them from. */
export type Source = string | URL | Uint8Array | ArrayBuffer | Blob;

/** Decoded pixels: an `Image` of `@sightline/image`, or a canvas' `ImageData` (RGBA). */
export type Pixels = Image | Omit<Image, 'channels'>;

export interface LoadOptions {
  /** Passed to ONNX Runtime: execution providers, threads. Default: ONNX Runtime's own. */
  readonly sessionOptions?: InferenceSession.SessionOptions;
  /** An ONNX Runtime to use, such as `onnxruntime-web/webgpu`. Default: onnxruntime-node or onnxruntime-web. */
  readonly runtime?: Runtime;
}

export interface PredictOptions {
  /** How many classes `probabilities` lists, the most probable first. Default: all. */
  readonly topK?: number;
  /** The least probability at which a class is named, from 0 to 1. Default: 0. */
  readonly threshold?: number;
  /** Photos that `predictAll` classifies at once. Default: 8. */
  readonly batchSize?: number;
}

export interface ClassProbability {
  readonly className: string;
  readonly probability: number;
}

export interface Prediction {
  /** The most probable class; null ("not sure") if its probability is below the threshold. */
  readonly className: string | null;
  /** The probability of the most probable class. */
  readonly probability: number;
  /** The most probable first. */
  readonly probabilities: readonly ClassProbability[];
  /**
   * What goes into the model's last layer, if it gives it as an output `features` (`withFeatures` of `@sightline/onnx` adds
   * that). Photos that are alike to the model have like features.
   */
  readonly features?: Float32Array;
}

export interface Classifier<Photo> extends ModelMetadata {
  /**
   * Classifies a photo of any size.
   *
   * @throws SightlineError `unreadable-image` if it cannot be decoded, `option` for a wrong option, `runtime` if ONNX
   *   Runtime fails
   */
  predict(photo: Photo, options?: PredictOptions): Promise<Prediction>;
  /** Classifies photos in batches; predictions come in their order. Throws as `predict`. */
  predictAll(photos: readonly Photo[], options?: PredictOptions): Promise<Prediction[]>;
  /** Frees the memory of the model. */
  release(): Promise<void>;
}
