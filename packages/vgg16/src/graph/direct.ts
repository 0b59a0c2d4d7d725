// VGG16's blocks as ONNX Conv, Relu and MaxPool nodes, NCHW: what every execution provider knows best how to run.

import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import type { ConvolutionLayer, Layer } from '../architecture.ts';

/** A layer's kernel (OIHW) and bias as float32 values of the graph. */
export interface Parameters {
  readonly weight: Value;
  readonly bias: Value;
}

/** x (N, C, H, W) through some layers; `seen` is told what each convolution gives after its ReLU. */
export function directLayers(
  g: GraphBuilder,
  x: Value,
  layers: readonly Layer[],
  parameters: (layer: ConvolutionLayer) => Parameters,
  seen: (layer: ConvolutionLayer, activations: Value) => void = () => {},
): Value {
  let y = x;
  for (const layer of layers) {
    g.scope = layer.name;
    if (layer.kind === 'pooling') {
      y = op.maxPool(g, y, { kernel: [2, 2], strides: [2, 2] });
    } else {
      const { weight, bias } = parameters(layer);
      y = op.relu(g, op.conv(g, y, weight, bias, { pads: [1, 1, 1, 1] }));
      seen(layer, y);
    }
  }
  g.scope = '';
  return y;
}
