// A trained classifier as one ONNX model: images in, probabilities out, nothing else to know.

import { SightlineError } from '@sightline/core';
import { encodeModel, GraphBuilder, op, type Value } from '@sightline/onnx';
import * as tfl from '@tensorflow/tfjs-layers';
import { classifierOutputs } from '../evaluate/classifier-outputs.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { channelsLast, channelsSecond, lowerLayer } from './layers.ts';

/** The symbolic batch. */
const BATCH = 'N';

type Symbolic = tfl.SymbolicTensor;

/**
 * The bytes of an ONNX model with a symbolic batch N. For 'images' its input is `image`, uint8 (N, height, width,
 * 3) RGB, and the division by 255 is inside; for 'vgg16-features' it is `features`, float32. Its output
 * `probabilities` is float32 (N, classes), for two classes as well. The metadata hold `classes` (a JSON array),
 * `input`, `imageSize` and, where given, `interpolation` and `fit`. Throws SightlineError for a layer that can't be exported.
 */
export function exportOnnx(model: tfl.LayersModel, metadata: ModelMetadata): Uint8Array {
  const { kind, classes } = classifierOutputs(model);
  if (metadata.classes.length !== classes) {
    throw new SightlineError(
      'data',
      `${model.name} tells ${classes} classes apart, but ${metadata.classes.length} names were given: ${metadata.classes.join(', ')}.`,
    );
  }
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const g = new GraphBuilder(model.name);
  let x: Value;
  if (metadata.input === 'images') {
    const image = g.input('image', 'uint8', [BATCH, ...shape]);
    g.scope = 'preprocessing';
    x = op.cast(g, image, 'float32');
    if (metadata.levels !== 'byte') x = op.div(g, x, g.float(255));
  } else {
    x = g.input('features', 'float32', [BATCH, ...shape]);
  }
  const output = channelsLast(g, lowerModel(g, model, channelsSecond(g, x)));
  g.scope = 'probabilities';
  const both = kind === 'binary' ? op.concat(g, [op.sub(g, g.float(1), output), output], 1) : output;
  g.output('probabilities', both);
  return encodeModel(
    g.build({
      metadata: {
        classes: JSON.stringify(metadata.classes),
        input: metadata.input,
        imageSize: JSON.stringify(metadata.imageSize),
        ...(metadata.interpolation ? { interpolation: metadata.interpolation } : {}),
        ...(metadata.fit ? { fit: metadata.fit } : {}),
        ...(metadata.levels ? { levels: metadata.levels } : {}),
      },
    }),
  );
}

/** Walks from a model's output back to its input; each layer's call is lowered once. Models inside are entered. */
function lowerModel(g: GraphBuilder, model: tfl.LayersModel, input: Value): Value {
  const known = new Map<number, Value>([[model.inputs[0]!.id, input]]);
  const lowered = (tensor: Symbolic): Value => {
    const there = known.get(tensor.id);
    if (there) return there;
    const inputs = tensor.inputs.map(lowered);
    const layer = tensor.sourceLayer;
    const value =
      layer instanceof tfl.LayersModel ? lowerModel(g, layer, inputs[0]!) : lowerLayer(g, inputs, layer);
    known.set(tensor.id, value);
    return value;
  };
  return lowered(model.outputs[0]!);
}
