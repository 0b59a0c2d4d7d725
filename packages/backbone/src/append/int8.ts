/**
 * A network in 8 bits, as quantize-dequantize pairs around float32 operators: ONNX Runtime fuses them to integer
 * kernels, and any other runtime computes the same numbers in float32. Weights are int8, symmetric, with a scale per
 * filter; activations uint8 with a scale per tensor. Saturation at the ends of a range is the ReLU or ReLU6.
 */

import { SightlineError } from '@sightline/core';
import { type GraphBuilder, op, quantizeKernel, type Steps, stepsOf, type Value } from '@sightline/onnx';
import type { Ranges } from '../backbone.ts';
import type { ConvolutionLayer } from '../layer.ts';
import { floats } from '../weights/safetensors.ts';
import { type Preprocessing, parametersOf, standardize, type Tensors } from './float32.ts';
import { type Arithmetic, convolve, pool } from './walk.ts';

type Range = Ranges[string];

const LARGEST_BYTE = 255;
const RELU6: Range = [0, 6];

/** Activations as uint8 with their meaning, or (before the first convolution) as float32. */
interface Activations {
  readonly value: Value;
  readonly steps?: Steps;
}

function rangeOf(ranges: Ranges, name: string): Range {
  const [low, high] = ranges[name] ?? [Number.NaN, Number.NaN];
  if (!(Number.isFinite(low) && Number.isFinite(high) && Math.min(low, 0) < Math.max(high, 0))) {
    throw new SightlineError(
      'input',
      `int8 needs the range of activations [low, high] of ${name}, but got [${low}, ${high}]: calibrate with images that are not blank.`,
    );
  }
  return [low, high];
}

function outputRange(ranges: Ranges, { name, activation }: ConvolutionLayer): Range {
  if (activation === 'relu6') return RELU6;
  const [low, high] = rangeOf(ranges, name);
  return activation === 'relu' ? [0, high] : [low, high];
}

/** Where all channels are preprocessed alike, bytes are quantized activations as they are. */
function bytesAsSteps({ scale, mean, deviation }: Preprocessing): Steps | undefined {
  const isUniform = [mean, deviation].every((values) => values.every((value) => value === values[0]));
  const zeroPoint = mean[0] * scale;
  const fits = Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= LARGEST_BYTE;
  return isUniform && fits ? { scale: 1 / (scale * deviation[0]), zeroPoint } : undefined;
}

/**
 * @param ranges of all activations that `float32` shows
 * @throws SightlineError `input` if one is missing or empty
 */
export function int8(
  g: GraphBuilder,
  tensors: Tensors,
  preprocessing: Preprocessing,
  ranges: Ranges,
): Arithmetic<Activations> {
  const constants = ({ scale, zeroPoint }: Steps): [Value, Value] => [
    g.float(scale),
    g.constant(Uint8Array.of(zeroPoint), []),
  ];
  const toFloat = ({ value, steps }: Activations): Value =>
    steps ? op.dequantizeLinear(g, value, ...constants(steps)) : value;
  const quantize = (x: Value, range: Range): Activations => {
    const steps = stepsOf(range);
    return { value: op.quantizeLinear(g, x, ...constants(steps)), steps };
  };
  /** Constants with a scale per filter. */
  const dequantized = (integers: Int8Array | Int32Array, shape: readonly number[], scales: Float32Array) =>
    // Without zero points, which layers would share: ONNX Runtime can convert a kernel to uint8 only if it alone has one.
    op.dequantizeLinear(g, g.constant(integers, shape), g.constant(scales), undefined, { axis: 0 });
  const quantizedParameters = (x: Steps, { name }: ConvolutionLayer): [weight: Value, bias: Value] => {
    const kernel = tensors.get(`${name}.weight`)!;
    const { integers, scales } = quantizeKernel({ data: floats(kernel), shape: kernel.shape });
    // Products of integers have these steps, and the bias is added to their sum.
    const steps = scales.map((scale) => scale * x.scale);
    const bias = Int32Array.from(floats(tensors.get(`${name}.bias`)!), (b, f) => Math.round(b / steps[f]!));
    return [dequantized(integers, kernel.shape, scales), dequantized(bias, [bias.length], steps)];
  };
  return {
    preprocess(pixels) {
      const steps = bytesAsSteps(preprocessing);
      return steps ? { value: pixels, steps } : { value: standardize(g, pixels, preprocessing) };
    },
    convolution(x, layer) {
      const parameters = x.steps ? quantizedParameters(x.steps, layer) : parametersOf(g, tensors, layer);
      return quantize(convolve(g, toFloat(x), layer, ...parameters), outputRange(ranges, layer));
    },
    maxPool: (x, size) => ({ ...x, value: pool(g, x.value, size) }),
    add: (x, y, block) => quantize(op.add(g, toFloat(x), toFloat(y)), rangeOf(ranges, block)),
    toFloat,
  };
}
