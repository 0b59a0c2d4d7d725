import type { GraphBuilder, Value } from '@sightline/onnx';
import type * as tfl from '@tensorflow/tfjs-layers';

/** Adds a layer's nodes to a graph. `inputs` are its inputs, `config` what its `getConfig()` returns. */
export type LayerLowering = (
  g: GraphBuilder,
  inputs: Value[],
  layer: tfl.layers.Layer,
  config: Record<string, unknown>,
) => Value;
