// VGG16 ready to run: images in, features or the most probable classes out.

import { SightlineError } from '@sightline/core';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { IMAGE_CHANNELS, REDUCTION } from './architecture.ts';
import type { Algorithm } from './graph/vgg16-graph.ts';
import type { Provider } from './providers.ts';

export interface RunOptions {
  /** Looked at between batches. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of images that are done. */
  readonly onProgress?: (done: number) => void;
}

/** A class; its WordNet id where that is known. */
export interface ClassName {
  readonly name: string;
  readonly wnid?: string;
}

/** A class with its probability. */
export interface Guess extends ClassName {
  readonly probability: number;
}

const GUESSES = 5;

export class Vgg16 {
  /** The execution provider that runs, and its device in words. */
  readonly provider: Provider;
  readonly device: string;
  /** Why the providers before it were not taken, one sentence each. */
  readonly missing: readonly string[];
  readonly algorithm: Algorithm;
  /** Where the weights came from. */
  readonly weights: string;
  readonly inputSize: readonly [number, number];
  /** Of one image: height / 32, width / 32, 512. */
  readonly featureShape: readonly [number, number, number];
  readonly #session: InferenceSession;
  /** Fed to each run beside the images. */
  readonly #fed: InferenceSession.OnnxValueMapType;
  readonly #batchSize: number;
  readonly #classes: readonly ClassName[];

  /** Use `createVgg16`. */
  constructor(
    session: InferenceSession,
    fed: InferenceSession.OnnxValueMapType,
    facts: Pick<Vgg16, 'provider' | 'device' | 'missing' | 'algorithm' | 'weights' | 'inputSize'>,
    batchSize: number,
    classes: readonly ClassName[],
  ) {
    this.provider = facts.provider;
    this.device = facts.device;
    this.missing = facts.missing;
    this.algorithm = facts.algorithm;
    this.weights = facts.weights;
    this.inputSize = facts.inputSize;
    const [height, width] = facts.inputSize;
    this.featureShape = [Math.floor(height / REDUCTION), Math.floor(width / REDUCTION), 512];
    this.#session = session;
    this.#fed = fed;
    this.#batchSize = batchSize;
    this.#classes = classes;
  }

  /**
   * The last pooling's output.
   *
   * @param images `count` images (count, height, width, 3), RGB, 0 to 255
   * @returns (count, height / 32, width / 32, 512)
   * @throws SightlineError `input` where the bytes are not as many; the signal's reason where it is aborted
   */
  async features(images: Uint8Array, count: number, options: RunOptions = {}): Promise<Float32Array> {
    const [height, width, channels] = this.featureShape;
    return await this.#run('features', images, count, height * width * channels, options);
  }

  /**
   * The probabilities of the classes.
   *
   * @param images as for `features`
   * @returns (count, classes), each row of sum 1: 200 classes of `head200`, 1,000 of `imagenet`
   * @throws as `features`, and SightlineError `input` where VGG16 was created without a top
   */
  async probabilities(images: Uint8Array, count: number, options: RunOptions = {}): Promise<Float32Array> {
    if (this.#classes.length === 0) {
      throw new SightlineError(
        'input',
        "Classes need a head: create VGG16 with top: 'head200' and images of 128x128, or top: 'imagenet' and 224x224.",
      );
    }
    return await this.#run('probabilities', images, count, this.#classes.length, options);
  }

  /** For each image the five most probable classes, the most probable first. Images as for `probabilities`. */
  async classify(images: Uint8Array, count: number, options: RunOptions = {}): Promise<Guess[][]> {
    const all = await this.probabilities(images, count, options);
    const size = this.#classes.length;
    return Array.from({ length: count }, (_, i) =>
      mostProbable(all.subarray(i * size, (i + 1) * size), this.#classes),
    );
  }

  /** Frees the native session; nothing can be run afterwards. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  async #run(
    output: string,
    images: Uint8Array,
    count: number,
    rowSize: number,
    { signal, onProgress }: RunOptions,
  ): Promise<Float32Array> {
    const [height, width] = this.inputSize;
    const imageSize = height * width * IMAGE_CHANNELS;
    if (images.length !== count * imageSize) {
      throw new SightlineError(
        'input',
        `${count} images of ${height}x${width} RGB are ${count * imageSize} bytes, but ${images.length} came.`,
      );
    }
    const rows = new Float32Array(count * rowSize);
    for (let start = 0; start < count; start += this.#batchSize) {
      signal?.throwIfAborted();
      const size = Math.min(this.#batchSize, count - start);
      const batch = images.subarray(start * imageSize, (start + size) * imageSize);
      const image = new Tensor('uint8', batch, [size, height, width, IMAGE_CHANNELS]);
      const results = await this.#session.run({ image, ...this.#fed }, [output]);
      rows.set(results[output]!.data as Float32Array, start * rowSize);
      onProgress?.(start + size);
      // The runtime computes on this thread: between batches, timers, workers' messages and signals get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return rows;
  }
}

function mostProbable(probabilities: Float32Array, classes: readonly ClassName[]): Guess[] {
  return Array.from(probabilities, (probability, i) => ({ probability, i }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, GUESSES)
    .map(({ probability, i }) => ({ ...classes[i]!, probability }));
}
