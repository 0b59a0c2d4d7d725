/**
 * A pretrained network from an ONNX file of any origin: its input is an RGB image, one of its outputs a vector per image.
 * What the graph does not say, the range of its pixel values, comes from the user.
 */

import { hash } from 'node:crypto';
import { basename } from 'node:path';
import { type Backbone, standardize } from '@sightline/backbone';
import { listed, SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { INPUT_RANGES, type InputRange } from '@sightline/image';
import { type GraphBuilder, inlineGraph, type Model, op, readUntrusted, type Value } from '@sightline/onnx';
import { openUntrusted } from '@sightline/ort';

/** What is assumed of a network that takes floats and does not say of which range. */
const ASSUMED_RANGE: InputRange = '0-1';

export interface FileBackbone extends Backbone {
  /** What was assumed of it, in a sentence. */
  readonly assumption?: string;
}

interface Input {
  readonly name: string;
  readonly isBytes: boolean;
  readonly isNhwc: boolean;
  /** Undefined where the graph leaves it open. */
  readonly size: readonly (number | undefined)[];
}

const CHANNELS = 3;
/** For a graph that takes any size: what most pretrained networks were trained with. */
const USUAL_SIZE = 224;

/**
 * Reads a backbone. It is checked as any file of others, and never runs in this process: here to be tried on two images.
 *
 * @param inputRange of its pixel values, for a graph that takes floats. Default: 0-1, which is an assumption
 * @throws SightlineError as `openUntrusted` for a file that is not read; `data` where it does not take images or give a
 *   vector, `unsupported` where it takes one image at a time, `usage` for a range of a graph that takes bytes
 */
export async function loadFileBackbone(path: string, inputRange?: InputRange): Promise<FileBackbone> {
  const bytes = readRegularFile(path);
  const model = readUntrusted(bytes, path);
  const input = inputOf(path, model);
  if (input.isBytes && inputRange && inputRange !== '0-255') {
    throw new SightlineError('usage', `${path} takes bytes: leave out --input-range ${inputRange}.`);
  }
  const range = input.isBytes ? '0-255' : (inputRange ?? ASSUMED_RANGE);
  const [height = USUAL_SIZE, width = USUAL_SIZE] = input.size;
  const output = await tryOut(path, model, input, [height, width]);
  const columns = output.shape[1] as number;
  const name = basename(path);
  const parameters = model.graph.initializers.reduce((sum, { data }) => sum + data.length, 0);
  return {
    name,
    weights: {
      origin: `${name}, ${INPUT_RANGES[range].words}`,
      license: 'NOASSERTION',
      sha256: hash('sha256', bytes),
    },
    imageSize: [height, width],
    minimumSize: 1,
    isForeign: true,
    featureShape: () => [columns],
    layers: () => [{ name, type: 'ONNX', outputShape: [null, columns], parameters }],
    table: () => [],
    tensors: new Map(),
    append(g, pixels, options = {}) {
      if (options.ranges || options.upTo !== undefined || options.blocks?.length || options.logits) {
        const what = options.ranges
          ? '8 bits'
          : options.logits
            ? 'classes'
            : 'the output of one of its blocks';
        throw new SightlineError('unsupported', `${path} gives features in float32 only: leave out ${what}.`);
      }
      checkSize(path, input, pixels);
      g.opset = model.opset;
      return { features: appended(g, model, input, pixels, range, output), blocks: [] };
    },
    ...(input.isBytes || inputRange
      ? {}
      : {
          assumption: `Assumed of ${name}: ${INPUT_RANGES[range].words}. If that is wrong, say so with --input-range.`,
        }),
  };
}

function appended(
  g: GraphBuilder,
  { graph }: Model,
  { name, isBytes, isNhwc }: Input,
  pixels: Value,
  range: InputRange,
  output: Value,
): Value {
  const { mean, deviation } = INPUT_RANGES[range];
  const channelsFirst = (x: Value) => op.transpose(g, x, [0, 3, 1, 2]);
  const floats = () => standardize(g, channelsFirst(pixels), { scale: 255, mean, deviation });
  const nchw = isBytes ? (isNhwc ? undefined : channelsFirst(pixels)) : floats();
  const image = nchw === undefined ? pixels : isNhwc ? op.transpose(g, nchw, [0, 2, 3, 1]) : nchw;
  const vector = inlineGraph(g, graph, { [name]: image }, output);
  return vector.shape.length === 2 ? vector : op.reshape(g, vector, output.shape.slice(0, 2));
}

const describe = ({ name, dtype, shape }: Value) => `${name} (${dtype} ${shape.join(' x ')})`;

function inputOf(path: string, { graph }: Model): Input {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const [value] = inputs;
  const [, second, third, fourth] = value?.shape ?? [];
  const isNhwc = fourth === CHANNELS;
  const isImage = value?.shape.length === 4 && (isNhwc || second === CHANNELS);
  const isKnown = value?.dtype === 'float32' || value?.dtype === 'uint8';
  if (inputs.length !== 1 || !value || !isImage || !isKnown) {
    throw new SightlineError(
      'data',
      `${path} takes ${listed(inputs.map(describe)) || 'nothing'}: expected one input of RGB images, float32 or uint8, N x 3 x height x width or N x height x width x 3.`,
    );
  }
  const sides = isNhwc ? [second, third] : [third, fourth];
  const size = sides.map((side) => (typeof side === 'number' && side > 0 ? side : undefined));
  return { name: value.name, isBytes: value.dtype === 'uint8', isNhwc, size };
}

/** The first output that is a vector per image, its length by two images that are run. */
async function tryOut(
  path: string,
  { graph }: Model,
  { name, isBytes, isNhwc }: Input,
  [height, width]: readonly [number, number],
): Promise<Value> {
  const candidates = graph.outputs.filter(
    ({ dtype, shape }) => dtype === 'float32' && (shape.length === 2 || (shape.length === 4 && isOne(shape))),
  );
  const [output] = candidates;
  if (!output) {
    throw new SightlineError(
      'data',
      `${path} gives ${listed(graph.outputs.map(describe))}: expected a vector of features per image, float32 N x columns. Export the network up to its pooled features.`,
    );
  }
  const session = await openUntrusted(path);
  try {
    const run = (count: number) => {
      const shape = isNhwc ? [count, height, width, CHANNELS] : [count, CHANNELS, height, width];
      const length = count * height * width * CHANNELS;
      const data = isBytes ? new Uint8Array(length) : new Float32Array(length);
      return session.run({ [name]: { data, dtype: isBytes ? 'uint8' : 'float32', shape } }, output.name);
    };
    const one = await run(1);
    const columns = one.data.length;
    const two = await run(2).catch(() => undefined);
    if (two?.data.length !== 2 * columns || two.shape[0] !== 2) {
      throw new SightlineError(
        'unsupported',
        `${path} takes one image at a time: export it with a batch that is left open (dynamic_axes of torch.onnx.export).`,
      );
    }
    const places = output.shape.slice(2).map(() => 1);
    return { ...output, shape: ['N', columns, ...places] };
  } finally {
    session.dispose();
  }
}

/** A vector that kept its places: N x columns x 1 x 1. */
const isOne = (shape: readonly unknown[]) => shape[2] === 1 && shape[3] === 1;

function checkSize(path: string, { size }: Input, { shape }: Value): void {
  const given = shape.slice(1, 3);
  if (size.every((side, i) => side === undefined || side === given[i])) return;
  throw new SightlineError(
    'usage',
    `${path} takes images of ${size.map((side) => side ?? 'any').join('x')} only: add --image-size ${size[0] === size[1] ? size[0] : size.join('x')}.`,
  );
}
