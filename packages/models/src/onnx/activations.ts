// Keras' activations as ONNX operators.

import { SightlineError } from '@sightline/core';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';

type Lowering = (g: GraphBuilder, x: Value) => Value;

/** Names without case and underscores: TensorFlow.js and Keras write `hardSigmoid` and `hard_sigmoid`. */
const ACTIVATIONS: Readonly<Record<string, Lowering>> = {
  linear: (_, x) => x,
  relu: op.relu,
  relu6: (g, x) => op.clip(g, x, g.float(0), g.float(6)),
  sigmoid: op.sigmoid,
  tanh: op.tanh,
  softmax: (g, x) => op.softmax(g, x, channelAxis(x)),
  logsoftmax: (g, x) => op.logSoftmax(g, x, channelAxis(x)),
  elu: (g, x) => op.elu(g, x, 1),
  selu: (g, x) => op.selu(g, x, 1.6732632423543772, 1.0507009873554805),
  softplus: op.softplus,
  softsign: (g, x) => op.div(g, x, op.add(g, op.abs(g, x), g.float(1))),
  hardsigmoid: (g, x) => op.hardSigmoid(g, x, 0.2, 0.5),
  swish: (g, x) => op.mul(g, x, op.sigmoid(g, x)),
  mish: (g, x) => op.mul(g, x, op.tanh(g, op.softplus(g, x))),
  gelu: (g, x) => {
    const cdf = op.add(g, op.erf(g, op.mul(g, x, g.float(Math.SQRT1_2))), g.float(1));
    return op.mul(g, op.mul(g, x, g.float(0.5)), cdf);
  },
};

/** Images stand in ONNX' order, channels second; everything else has its channels last. */
export const channelAxis = (x: Value): number => (x.shape.length === 4 ? 1 : x.shape.length - 1);

/** Applies an activation by its name; throws SightlineError for one that is not in the table. */
export function activate(g: GraphBuilder, x: Value, name: string, layer: string): Value {
  const lowering = ACTIVATIONS[name.toLowerCase().replaceAll('_', '')];
  if (!lowering) {
    throw new SightlineError(
      'unsupported-layer',
      `The layer ${layer} has the activation ${name}, which ONNX export does not know. It knows ${Object.keys(ACTIVATIONS).join(', ')}.`,
    );
  }
  return lowering(g, x);
}
