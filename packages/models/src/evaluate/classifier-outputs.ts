// The parts of a classifier that training looks at: its logits (what goes into the last sigmoid or softmax) and
// its probabilities. Losses are taken from logits, as Keras does, so that a saturated sigmoid still has a
// gradient. A network that ends in no such activation gives logits: Keras trains these with `from_logits=True`. One that
// ends in a layer of unknown kind has its probabilities clipped and turned back into logits.

import { SightlineError } from '@sightline/core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { Elementwise } from '../layers/elementwise.ts';

/** Keras' `backend.epsilon()`. */
const EPSILON = 1e-7;

export interface ClassifierOutputs {
  /** 'binary': one output, the probability of the class 1; 'categorical': one output a class, their sum 1. */
  readonly kind: 'binary' | 'categorical';
  /** The number of classes: 2 for 'binary'. */
  readonly classes: number;
  /** What the network itself gives; `independent` for a sigmoid of several units, whose sum is not 1. */
  readonly gives: 'probabilities' | 'logits' | 'independent';
  /** (n, units) logits of a batch. `training` switches dropout and batch statistics on. */
  logits(x: tf.Tensor, training: boolean): tf.Tensor2D;
  /** (n, units) probabilities of logits. */
  probabilities(logits: tf.Tensor2D): tf.Tensor2D;
}

/** Throws SightlineError unless the model has one image-like input and one (batch, units) output. */
export function classifierOutputs(model: tfl.LayersModel): ClassifierOutputs {
  const output = model.outputs[0];
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || output?.shape.length !== 2) {
    const shapes = model.outputs.map((o) => `(${o.shape.map((d) => d ?? 'batch').join(', ')})`).join(' and ');
    throw new SightlineError(
      'network',
      `A classifier has one input and one output of shape (batch, units), but ${model.name} has ${model.inputs.length} input(s) and gives ${shapes}. End it with a Dense layer.`,
    );
  }
  const units = output.shape[1]!;
  const kind = units === 1 ? 'binary' : 'categorical';
  const probabilities = (logits: tf.Tensor2D) =>
    kind === 'binary' ? tf.sigmoid(logits) : tf.softmax(logits);
  const call = (part: tfl.LayersModel, x: tf.Tensor, training: boolean) =>
    part.apply(x, { training }) as tf.Tensor2D;

  const activation = lastActivation(output);
  const isBounded = activation === undefined || activation === 'softmax' || SIGMOIDS.test(activation);
  const isIndependent = units > 1 && activation !== undefined && SIGMOIDS.test(activation);
  const gives = isIndependent ? 'independent' : isBounded ? 'probabilities' : 'logits';
  const before = output.inputs[0];
  const ofHidden = classifierLogits(output.sourceLayer, units);
  if (ofHidden && before) {
    const trunk = tfl.model({ inputs: model.inputs, outputs: before });
    const logits = (x: tf.Tensor, training: boolean) => ofHidden(call(trunk, x, training));
    return { kind, classes: Math.max(units, 2), gives, logits, probabilities };
  }
  const logits = (x: tf.Tensor, training: boolean): tf.Tensor2D => {
    const given = call(model, x, training);
    if (gives === 'logits') return given;
    const p = tf.clipByValue(given, EPSILON, 1 - EPSILON);
    const logP = tf.log<tf.Tensor2D>(p);
    return kind === 'binary' ? tf.sub(logP, tf.log(tf.sub(1, p))) : logP;
  };
  return { kind, classes: Math.max(units, 2), gives, logits, probabilities };
}

/** Layers behind which an output is still what it was, at another place or in the mean over places. */
const PASSING = ['Dropout', 'Flatten', 'GlobalAveragePooling2D', 'Reshape', 'SpatialDropout2D'];
/** Layers without an option `activation` whose numbers are no probabilities. */
const UNBOUNDED = [
  'Add',
  'BatchNormalization',
  'ELU',
  'LayerNormalization',
  'LeakyReLU',
  'PReLU',
  'ReLU',
  'Rescaling',
];
const SIGMOIDS = /^(sigmoid|hard_?sigmoid)$/i;

/** The activation of a network's last layer that computes; undefined for layers of unknown kinds. */
function lastActivation(output: tfl.SymbolicTensor): string | undefined {
  const { sourceLayer: layer, inputs } = output;
  if (layer instanceof tfl.LayersModel) return lastActivation(layer.outputs[0]!);
  const kind = layer.getClassName();
  if (PASSING.includes(kind) && inputs[0]) return lastActivation(inputs[0]);
  if (kind === 'Softmax') return 'softmax';
  if (layer instanceof Elementwise) return layer.kind;
  const { activation } = layer.getConfig();
  return typeof activation === 'string' ? activation : UNBOUNDED.includes(kind) ? 'linear' : undefined;
}

/**
 * The (n, units) logits of what goes into a classifier's last layer; undefined where that does not end in the sigmoid of
 * one unit, the softmax of several, or no activation.
 */
export function classifierLogits(
  last: tfl.layers.Layer,
  units: number,
): ((hidden: tf.Tensor) => tf.Tensor2D) | undefined {
  const activation = last.getClassName() === 'Softmax' ? 'softmax' : last.getConfig().activation;
  const expected = units === 1 ? 'sigmoid' : 'softmax';
  if (
    (activation !== expected && activation !== 'linear') ||
    !['Dense', 'Activation', 'Softmax'].includes(last.getClassName())
  )
    return undefined;
  const [kernel, bias] = last.weights;
  return (hidden) => {
    if (!kernel) return hidden as tf.Tensor2D;
    const product = tf.matMul<tf.Tensor2D>(hidden as tf.Tensor2D, kernel.read() as tf.Tensor2D);
    return bias ? tf.add<tf.Tensor2D>(product, bias.read()) : product;
  };
}
