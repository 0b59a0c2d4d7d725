/**
 * Activation maps: which places of an image spoke for the predicted class, and which for another.
 *
 * A map is the sum over channels of activation times weight, at every place of the last activations that still have
 * places. A channel's weight is the mean over places of the gradient of the difference of the two classes' logits
 * (Grad-CAM: Selvaraju et al., 2017). Where only the mean over places and a linear classifier follow, that is the
 * classifier's own weight divided by the number of places, and the map's sum is exactly the difference of the logits,
 * but for the bias (CAM: Zhou et al., Learning Deep Features for Discriminative Localization, 2016). Unlike there,
 * negative values stay: they spoke for the other class.
 */

import type { BatchSource } from '@sightline/data';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Engine } from '../engine/engine.ts';
import { classifierLogits } from '../evaluate/classifier-outputs.ts';
import { releaseStep } from '../evaluate/evaluate-step.ts';

/** A row of the source whose two classes are set against each other. */
export interface Contrast {
  readonly row: number;
  /** The class that positive values speak for, and the one that negative values speak for. */
  readonly predicted: number;
  readonly other: number;
}

export interface ActivationMaps {
  /** The layer whose activations were weighed. */
  readonly layer: string;
  readonly height: number;
  readonly width: number;
  /** (height, width) of each contrast, in their order. */
  readonly maps: readonly Float32Array[];
}

/** Images that run at once. */
const BATCH = 16;
/** Layers that only move or drop activations: those before them have more places. */
const COARSER = new Set(['MaxPooling2D', 'AveragePooling2D', 'Dropout', 'SpatialDropout2D', 'GaussianNoise']);
const RGB = 3;

/** The last activations with places, and the layers from there to the output, which follow each other. */
function spatialPart(
  model: tfl.LayersModel,
): { from: tfl.SymbolicTensor; tail: tfl.layers.Layer[] } | undefined {
  const tail: tfl.layers.Layer[] = [];
  let tensor = model.outputs[0]!;
  while (tensor.shape.length !== 4 || COARSER.has(tensor.sourceLayer.getClassName())) {
    if (tensor.inputs.length !== 1) return undefined;
    tail.unshift(tensor.sourceLayer);
    tensor = tensor.inputs[0]!;
  }
  // A gradient of the pixels themselves is noise to the eye.
  const isPixels = tensor === model.inputs[0] && tensor.shape[3] === RGB;
  return isPixels ? undefined : { from: tensor, tail };
}

/**
 * Grad-CAM of some rows of a source. Undefined for a network without activations that have places, or with several
 * paths behind them, or whose logits are not known.
 */
export async function activationMaps(
  model: tfl.LayersModel,
  source: BatchSource,
  contrasts: readonly Contrast[],
  { engine, signal }: { engine: Engine; signal?: AbortSignal | undefined },
): Promise<ActivationMaps | undefined> {
  const part = spatialPart(model);
  const last = part?.tail.at(-1);
  const logits = last && classifierLogits(last, model.outputs[0]!.shape[1]!);
  if (!part || !logits) return undefined;
  const { from, tail } = part;
  const [, height, width] = from.shape as number[];
  const isInput = from === model.inputs[0];
  const trunk = isInput ? undefined : tfl.model({ inputs: model.inputs, outputs: from });
  const step = engine.compile((x: tf.Tensor, signs: tf.Tensor): tf.Tensor[] =>
    tf.tidy(() => {
      const activations = (trunk ? trunk.apply(x, { training: false }) : x) as tf.Tensor4D;
      const score = (a: tf.Tensor) => {
        const hidden = tail
          .slice(0, -1)
          .reduce((y, layer) => layer.apply(y, { training: false }) as tf.Tensor, a);
        return tf.sum(tf.mul(logits(hidden), signs)) as tf.Scalar;
      };
      const weights = tf.mean(tf.grad(score)(activations), [1, 2], true);
      return [tf.sum(tf.mul(activations, weights), 3)];
    }),
  );
  const units = model.outputs[0]!.shape[1]!;
  const rowSize = source.rowShape.reduce((product, side) => product * side, 1);
  const maps = new Map<Contrast, Float32Array>();
  const run = (batch: readonly { contrast: Contrast; x: Float32Array }[]) => {
    const x = new Float32Array(BATCH * rowSize);
    const signs = new Float32Array(BATCH * units);
    batch.forEach(({ contrast, x: row }, i) => {
      x.set(row, i * rowSize);
      signs.set(signsOf(contrast, units), i * units);
    });
    const inputs = [tf.tensor(x, [BATCH, ...source.rowShape]), tf.tensor2d(signs, [BATCH, units])] as const;
    const results = step(...inputs);
    const values = results[0]!.dataSync() as Float32Array;
    tf.dispose([...inputs, ...results]);
    const size = height! * width!;
    batch.forEach(({ contrast }, i) => {
      maps.set(contrast, values.slice(i * size, (i + 1) * size));
    });
  };
  try {
    const wanted = new Map(contrasts.map((contrast) => [contrast.row, contrast]));
    let waiting: { contrast: Contrast; x: Float32Array }[] = [];
    for await (const { x, indices } of source.batches(0)) {
      signal?.throwIfAborted();
      indices.forEach((row, i) => {
        const contrast = wanted.get(row);
        if (contrast) waiting.push({ contrast, x: x.slice(i * rowSize, (i + 1) * rowSize) as Float32Array });
      });
      for (; waiting.length >= BATCH; waiting = waiting.slice(BATCH)) run(waiting.slice(0, BATCH));
    }
    if (waiting.length > 0) run(waiting);
  } finally {
    releaseStep(step);
  }
  const layer = isInput ? 'features' : from.sourceLayer.name;
  return { layer, height: height!, width: width!, maps: contrasts.map((contrast) => maps.get(contrast)!) };
}

/** What the logits are multiplied by, so that their sum is the difference of the two classes. */
function signsOf({ predicted, other }: Contrast, units: number): Float32Array {
  const signs = new Float32Array(units);
  if (units === 1) signs[0] = predicted === 1 ? 1 : -1;
  else {
    signs[predicted] = 1;
    signs[other] = -1;
  }
  return signs;
}

/** The kernel of a model that is a linear classifier on features, or on their mean over places; undefined for any other. */
export function linearKernel(model: tfl.LayersModel): Float32Array | undefined {
  const layers = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  const kinds = layers.map((layer) => layer.getClassName());
  const isLinear =
    kinds.at(-1) === 'Dense' && kinds.slice(0, -1).every((kind) => kind === 'GlobalAveragePooling2D');
  const kernel = isLinear ? layers.at(-1)!.weights[0]!.read() : undefined;
  return kernel && Float32Array.from(kernel.dataSync());
}

/**
 * CAM in closed form: (height, width) of one image.
 *
 * @param features (height, width, channels), before the mean over places
 * @param kernel (channels, units) of the linear classifier on their mean; one unit for two classes, the second's logit
 */
export function classActivationMap(
  features: Float32Array,
  kernel: Float32Array,
  units: number,
  contrast: Contrast,
): Float32Array {
  const channels = kernel.length / units;
  const signs = signsOf(contrast, units);
  const weights = Float32Array.from({ length: channels }, (_, k) =>
    signs.reduce((sum, sign, unit) => sum + sign * kernel[k * units + unit]!, 0),
  );
  const places = features.length / channels;
  return Float32Array.from({ length: places }, (_, place) => {
    let sum = 0;
    for (let k = 0; k < channels; k++) sum += features[place * channels + k]! * weights[k]!;
    // Divided as the mean is: over all places, the values sum to the difference of the logits, as Grad-CAM's would.
    return sum / places;
  });
}
