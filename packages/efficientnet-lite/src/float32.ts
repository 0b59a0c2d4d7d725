// The network in float32: the same nodes on every execution provider.

import type { StoredTensor } from '@sightline/backbone';
import { lite0 } from '@sightline/efficientnet-lite-weights';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { type Arithmetic, convolutionOptions } from './graph.ts';

/** A stored tensor as float32. float16 stays so in the model, half as large, and is cast once when it is loaded. */
export const stored = (g: GraphBuilder, { data, shape }: StoredTensor): Value =>
  op.cast(g, g.constant(data, shape), 'float32');

/** @param observe called with the outputs of the linear convolutions and of the residual sums */
export function float32(
  g: GraphBuilder,
  tensors: ReadonlyMap<string, StoredTensor>,
  observe: (name: string, activation: Value) => void = () => {},
): Arithmetic<Value> {
  const { mean, deviation } = lite0.preprocessing;
  return {
    preprocess: (pixels) => {
      const centered = op.sub(g, op.cast(g, pixels, 'float32'), g.float(mean));
      return op.mul(g, centered, g.float(1 / deviation));
    },
    convolution: (x, layer) => {
      const weight = stored(g, tensors.get(`${layer.name}.weight`)!);
      const bias = stored(g, tensors.get(`${layer.name}.bias`)!);
      const y = op.conv(g, x, weight, bias, convolutionOptions(x, layer));
      if (layer.activation === 'relu6') return op.clip(g, y, g.float(0), g.float(6));
      observe(layer.name, y);
      return y;
    },
    add: (x, y, block) => {
      const sum = op.add(g, x, y);
      observe(block, sum);
      return sum;
    },
    toFloat: (x) => x,
  };
}
