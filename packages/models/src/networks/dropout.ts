// Dropout whose masks follow from a seed and the number of the step, on every engine and after every resume.
// TensorFlow.js' own layer has no seed, or with one repeats its mask at each step. Here the uniform noise is a
// tf.Variable that the training loop fills before each step.
//
// The class keeps the name `Dropout`, so saved models stay readable by any TensorFlow.js or Keras. Registered
// here, it replaces TensorFlow.js' layer in every network that is built from JSON (`seedNetwork`, `loadModel`).

import { derivedSeed } from '@sightline/core';
import { fillUniform } from '@sightline/tfjs-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

interface DropoutArgs {
  rate: number;
  noiseShape?: (number | null)[] | null;
  seed?: number | null;
}

type LayerArgs = ConstructorParameters<typeof tfl.layers.Layer>[0];

export class SeededDropout extends tfl.layers.Layer {
  /** @nocollapse */
  static className = 'Dropout';
  readonly rate: number;
  readonly seed: number;
  readonly noiseShape: (number | null)[] | null;
  #noise: tf.Variable | undefined;

  constructor(args: DropoutArgs & LayerArgs) {
    super(args);
    this.rate = Math.min(Math.max(args.rate, 0), 1);
    this.seed = args.seed ?? 0;
    this.noiseShape = args.noiseShape ?? null;
    this.supportsMasking = true;
  }

  /**
   * Samples the noise of a step for batches of up to `rows`, and maps of up to the size that the network was built for;
   * the same seed and step give the same masks. Other `rows` make another variable, which a step that is already compiled
   * does not know.
   */
  sample(step: number, rows: number): void {
    const inner = (this.inboundNodes[0]!.inputShapes[0] as (number | null)[]).slice(1);
    const shape = this.noiseShape
      ? this.noiseShape.map((size, axis) => size ?? (axis === 0 ? rows : inner[axis - 1]!))
      : [rows, ...(inner as number[])];
    const values = uniformNoise(tf.util.sizeFromShape(shape), derivedSeed(this.seed, step));
    const noise = tf.tensor(values, shape);
    if (this.#noise && tf.util.arraysEqual(this.#noise.shape, shape)) {
      this.#noise.assign(noise);
      noise.dispose();
      return;
    }
    this.#noise?.dispose();
    this.#noise = tf.variable(noise, false);
    noise.dispose();
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    const noise = this.#noise;
    if (!kwargs.training || this.rate === 0) return tf.clone(input);
    if (this.rate === 1) return tf.zerosLike(input);
    if (!noise) throw new Error(`The noise of the dropout layer ${this.name} is missing: call sample first.`);
    return tf.tidy(() => {
      const size = noise.shape.map((side, axis) => Math.min(side, input.shape[axis]!));
      const part = tf.util.arraysEqual(size, noise.shape)
        ? noise
        : tf.slice(noise, Array(noise.rank).fill(0), size);
      const kept = tf.cast(tf.greaterEqual(part, this.rate), 'float32');
      return tf.mul(input, tf.mul(kept, 1 / (1 - this.rate)));
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, noiseShape: this.noiseShape, seed: this.seed };
  }

  override dispose(): ReturnType<tfl.layers.Layer['dispose']> {
    this.#noise?.dispose();
    this.#noise = undefined;
    return super.dispose();
  }
}
tf.serialization.registerClass(
  SeededDropout as unknown as Parameters<typeof tf.serialization.registerClass>[0],
);

/** `count` floats in [0, 1) of 24 bits each, their generator seeded by splitmix32 steps. */
function uniformNoise(count: number, seed: number): Float32Array {
  const out = new Float32Array(count);
  fillUniform(
    out,
    Int32Array.from([0, 1, 2, 3], (place) => derivedSeed(seed, place)),
  );
  return out;
}
