/**
 * ONNX classifiers that Sightline did not write: size, layout and number of classes are in the graph; the classes' names
 * and the range of pixel values come from the user. What is assumed is in `assumptions`.
 */

import { listed, SightlineError, shown } from '@sightline/core';
import { INPUT_RANGES, type InputRange } from '@sightline/image';
import type { Dim, Value } from '@sightline/onnx';
import type { PlainTensor, UntrustedModel, UntrustedSession } from '@sightline/ort';
import { assumed, classesOf, type Foreign, LOGITS, type ModelHints } from './hints.ts';

export interface ForeignOnnx extends Foreign {
  /** (n, classes) probabilities of (n, height, width, 3) bytes. */
  probabilities(pixels: Uint8Array, count: number, signal: AbortSignal): Promise<Float32Array>;
  release(): void;
}

/** How images go into a graph. */
interface Input {
  readonly name: string;
  readonly isBytes: boolean;
  readonly layout: 'nchw' | 'nhwc';
  readonly size: readonly [height: number, width: number];
  /** Images per run; undefined where the graph takes any number. */
  readonly batch: number | undefined;
}

/** How probabilities come out of a graph. */
type Activation = 'probabilities' | 'logits' | 'logarithms';

/** Images per run of a graph that takes any number. */
const BATCH_SIZE = 32;

/**
 * Opens a graph whose one input is an RGB image and whose first output is a number per class.
 *
 * @throws SightlineError `data` where it is another graph, `missing` where the classes' names or the size are needed, `usage`
 *   where they do not fit
 */
export function openForeignOnnx(session: UntrustedSession, hints: ModelHints): ForeignOnnx {
  const { path, model } = session;
  const input = inputOf(path, model, hints);
  const output = outputOf(path, model);
  const units = output.units;
  const classes = classesOf(path, Math.max(units, 2), hints.classes);
  const { activation } = output;
  const inputRange = hints.inputRange ?? (input.isBytes ? '0-255' : '0-1');
  if (input.isBytes && inputRange !== '0-255') {
    throw new SightlineError('usage', `${path} takes bytes: leave out --input-range ${inputRange}.`);
  }
  const [height, width] = input.size;
  const pixelsPerImage = height * width * 3;
  return {
    metadata: { classes: [...classes], imageSize: [...input.size], inputRange, interpolation: 'bilinear' },
    assumptions: assumptionsOf(
      path,
      input,
      hints.inputRange || input.isBytes ? undefined : inputRange,
      activation,
    ),
    async probabilities(pixels, count, signal) {
      const results = new Float32Array(count * classes.length);
      const step = input.batch ?? BATCH_SIZE;
      for (let from = 0; from < count; from += step) {
        const rows = Math.min(step, count - from);
        const part = pixels.subarray(from * pixelsPerImage, (from + rows) * pixelsPerImage);
        const values = feed(part, input, inputRange, input.batch ?? rows);
        const { data, shape } = await session.run({ [input.name]: values }, output.name, signal);
        if (data.length !== values.shape[0] * units) throw otherOutput(path, shape);
        const raw = data as Float32Array;
        for (let row = 0; row < rows; row++) {
          const ofRow = raw.subarray(row * units, (row + 1) * units);
          results.set(toProbabilities(ofRow, activation), (from + row) * classes.length);
        }
      }
      return results;
    },
    release: () => session.dispose(),
  };
}

function inputOf(path: string, { inputs }: UntrustedModel, { imageSize }: ModelHints): Input {
  const [value] = inputs;
  const [batch, second, third, fourth] = value?.shape ?? [];
  const layout = fourth === 3 ? 'nhwc' : second === 3 ? 'nchw' : undefined;
  const isKnown = value?.dtype === 'float32' || value?.dtype === 'uint8';
  if (inputs.length !== 1 || value?.shape.length !== 4 || !layout || !isKnown) {
    throw new SightlineError(
      'data',
      `${path} takes ${listed(inputs.map(described))}: expected one input of RGB images, float32 or uint8, N x 3 x height x width or N x height x width x 3.`,
    );
  }
  const dims = layout === 'nhwc' ? [second, third] : [third, fourth];
  const size = dims.map((dim, i) => (typeof dim === 'number' && dim > 0 ? dim : imageSize?.[i]));
  const [height, width] = size;
  if (height === undefined || width === undefined) {
    throw new SightlineError(
      'missing',
      `${path} takes images of any size: say which one it was trained on with --image-size, such as --image-size 224.`,
    );
  }
  if (imageSize && (imageSize[0] !== height || imageSize[1] !== width)) {
    throw new SightlineError(
      'usage',
      `${path} takes images of ${height}x${width} only: leave out --image-size ${imageSize.join('x')}.`,
    );
  }
  return {
    name: value.name,
    isBytes: value.dtype === 'uint8',
    layout,
    size: [height, width],
    batch: typeof batch === 'number' && batch > 0 ? batch : undefined,
  };
}

function outputOf(
  path: string,
  { outputs: [value] }: UntrustedModel,
): { name: string; units: number; activation: Activation } {
  const units = value?.shape.at(-1);
  const isVector = value?.shape.length === 2 && typeof units === 'number' && units > 0;
  if (!value || !isVector || value.dtype !== 'float32') {
    const what = value ? described(value) : 'nothing';
    throw new SightlineError('data', `${path} gives ${what}: expected N x classes, one number per class.`);
  }
  const { name, operator } = value;
  const isProbability = operator === 'Softmax' || operator === 'Sigmoid';
  const activation = operator === 'LogSoftmax' ? 'logarithms' : isProbability ? 'probabilities' : 'logits';
  return { name, units, activation };
}

const described = ({ name, dtype, shape }: Value) =>
  `${shown(name)} (${dtype} ${shape.map((dim: Dim) => String(dim)).join(' x ')})`;

const otherOutput = (path: string, shape: readonly number[]) =>
  new SightlineError('data', `${path} gives ${shape.join(' x ')}, and not what its graph says.`);

function assumptionsOf(
  path: string,
  { size, layout }: Input,
  inputRange: InputRange | undefined,
  activation: Activation,
): string[] {
  const read = `${path} takes RGB images of ${size.join('x')} (${layout.toUpperCase()}).`;
  return [read, ...assumed(size, inputRange), ...(activation === 'logits' ? [LOGITS] : [])];
}

/** Bytes of images as the tensor that a graph takes; a fixed batch is filled up with zeros. */
function feed(
  pixels: Uint8Array,
  { isBytes, layout, size }: Input,
  inputRange: InputRange,
  batch: number,
): PlainTensor & { readonly shape: [number, number, number, number] } {
  const [height, width] = size;
  const shape: [number, number, number, number] =
    layout === 'nhwc' ? [batch, height, width, 3] : [batch, 3, height, width];
  const length = batch * height * width * 3;
  const area = height * width;
  const values = isBytes ? new Uint8Array(length) : new Float32Array(length);
  const { mean, deviation } = INPUT_RANGES[inputRange];
  for (let i = 0; i < pixels.length; i++) {
    const channel = i % 3;
    const image = Math.floor(i / (3 * area));
    const at = layout === 'nhwc' ? i : (image * 3 + channel) * area + Math.floor(i / 3 - image * area);
    const pixel = pixels[i] as number;
    values[at] = isBytes ? pixel : (pixel / 255 - (mean[channel] as number)) / (deviation[channel] as number);
  }
  return { data: values, dtype: isBytes ? 'uint8' : 'float32', shape };
}

/** One row of outputs as probabilities; of one output, those of the first and the second class. */
function toProbabilities(row: Float32Array, activation: Activation): number[] {
  if (row.length === 1) {
    const [value = 0] = row;
    const second = activation === 'logits' ? 1 / (1 + Math.exp(-value)) : value;
    return [1 - second, second];
  }
  if (activation === 'probabilities') return [...row];
  if (activation === 'logarithms') return Array.from(row, Math.exp);
  const most = Math.max(...row);
  const powers = Array.from(row, (value) => Math.exp(value - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
