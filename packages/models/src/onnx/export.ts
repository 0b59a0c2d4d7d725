/** A trained classifier as one ONNX model: the pixels of images in, probabilities out, nothing else to know. */

import { type Backbone, standardize } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { INPUT_RANGES } from '@sightline/image';
import { encodeModel, GraphBuilder, type Model, op, readUntrusted, type Value } from '@sightline/onnx';
import * as tfl from '@tensorflow/tfjs-layers';
import { classifierOutputs } from '../evaluate/classifier-outputs.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { activate } from './activations.ts';
import { channelsLast, channelsSecond, lowerLayer } from './layers.ts';
import { type ExportPrecision, inPrecision } from './precision.ts';

/** The symbolic batch. */
const BATCH = 'N';
const CHANNELS = 3;
/** Version of the metadata in the file: 1 had features as input if the network was trained on features. */
const FORMAT_VERSION = 2;

type Symbolic = tfl.SymbolicTensor;

export interface ExportOptions {
  /** The backbone that the metadata name, loaded. */
  readonly backbone?: Backbone | undefined;
  /** Default: fp32. */
  readonly precision?: ExportPrecision;
  /** Images like those that the model will see, uint8 (count, height, width, 3); for int8. */
  readonly calibration?: Uint8Array | undefined;
}

/**
 * The bytes of an ONNX model with a symbolic batch N. Its input `image` is uint8 (N, height, width, 3) RGB, its output
 * `probabilities` float32 (N, classes), for two classes too; preprocessing, and the backbone if the network was trained
 * on features, are inside. The metadata hold `classes` and `imageSize` (JSON), `format` (2), and where they are known
 * `interpolation`, `fit`, `backbone` with its `upTo`, and `inputRange`.
 *
 * @throws SightlineError `unsupported-layer` for a layer that cannot be exported, `classes` if their number differs,
 *   `input` if the backbone is missing or its features do not fit, or images to calibrate int8 with are
 */
export async function exportOnnx(
  model: tfl.LayersModel,
  metadata: ModelMetadata,
  { backbone, precision = 'fp32', calibration = new Uint8Array() }: ExportOptions = {},
): Promise<Uint8Array> {
  return inBits(onnxModel(model, metadata, backbone), precision, metadata, calibration);
}

/**
 * A float32 model that was exported before, in fewer bits.
 *
 * @throws SightlineError `decode` or `unsupported` for a file that is not read, `input` if images to calibrate int8 with
 *   are missing
 */
export async function reexportOnnx(
  { bytes, name }: { readonly bytes: Uint8Array; readonly name: string },
  metadata: ModelMetadata,
  { precision = 'fp32', calibration = new Uint8Array() }: Omit<ExportOptions, 'backbone'>,
): Promise<Uint8Array> {
  return precision === 'fp32' ? bytes : inBits(readUntrusted(bytes, name), precision, metadata, calibration);
}

async function inBits(
  model: Model,
  precision: ExportPrecision,
  metadata: ModelMetadata,
  calibration: Uint8Array,
): Promise<Uint8Array> {
  if (precision === 'int8' && calibration.length === 0) {
    throw new SightlineError('input', '8 bits need images to be calibrated on, but got none.');
  }
  return encodeModel(await inPrecision(model, precision, metadata, calibration));
}

function onnxModel(model: tfl.LayersModel, metadata: ModelMetadata, backbone: Backbone | undefined): Model {
  const { kind, classes, gives } = classifierOutputs(model);
  if (metadata.classes.length !== classes) {
    throw new SightlineError(
      'classes',
      `${model.name} has ${classes} classes, but ${metadata.classes.length} names were given: ${metadata.classes.join(', ')}.`,
    );
  }
  const g = new GraphBuilder(model.name);
  const image = g.input('image', 'uint8', [BATCH, ...metadata.imageSize, CHANNELS]);
  const x =
    metadata.backbone === undefined
      ? pixels(g, image, metadata)
      : channelsSecond(g, features(g, image, metadata, backbone));
  checkInput(model, x);
  const given = channelsLast(g, lowerModel(g, model, x));
  g.scope = 'probabilities';
  const activation = kind === 'binary' ? 'sigmoid' : 'softmax';
  const output = gives === 'logits' ? activate(g, given, activation, model.name) : given;
  const both = kind === 'binary' ? op.concat(g, [op.sub(g, g.float(1), output), output], 1) : output;
  g.output('probabilities', both);
  return g.build({ metadata: written(metadata) });
}

function pixels(g: GraphBuilder, image: Value, { inputRange = '0-1' }: ModelMetadata): Value {
  g.scope = 'preprocessing';
  const { mean, deviation } = INPUT_RANGES[inputRange];
  return standardize(g, channelsSecond(g, image), { scale: 255, mean, deviation });
}

function features(
  g: GraphBuilder,
  image: Value,
  metadata: ModelMetadata,
  backbone: Backbone | undefined,
): Value {
  if (backbone?.name === metadata.backbone) {
    return backbone!.append(g, image, metadata.upTo ? { upTo: metadata.upTo } : {}).features;
  }
  throw new SightlineError(
    'input',
    `The network was trained on features of ${metadata.backbone}: pass this backbone, not ${backbone?.name ?? 'none'}.`,
  );
}

/** x in ONNX' order, the model's input in TensorFlow's. */
function checkInput(model: tfl.LayersModel, { shape }: Value): void {
  const [, ...sizes] = shape.length === 4 ? [0, 2, 3, 1].map((axis) => shape[axis]!) : shape;
  const expected = model.inputs[0]!.shape.slice(1);
  const fits =
    expected.length === sizes.length && expected.every((size, i) => size === null || size === sizes[i]);
  if (fits) return;
  throw new SightlineError(
    'input',
    `${model.name} takes [${expected.join(', ')}] per image, but got [${sizes.join(', ')}].`,
  );
}

/** ONNX metadata are strings: lists as JSON, words as they are. */
function written({ classes, imageSize, ...words }: ModelMetadata): Record<string, string> {
  const lists = { classes: JSON.stringify(classes), imageSize: JSON.stringify(imageSize) };
  const given = Object.entries(words).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { format: String(FORMAT_VERSION), ...lists, ...Object.fromEntries(given) };
}

/** Walks from a model's output back to its input; each call of a layer is lowered once. Models inside are entered. */
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
