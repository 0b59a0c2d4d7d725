// The network in 8 bits, as quantize-dequantize pairs around float32 operators: ONNX Runtime fuses them to integer
// kernels, and any other runtime computes the same numbers in float32. Weights are int8, symmetric, with a scale per
// filter; activations uint8 with a scale per tensor.
//
// The bytes of the image are quantized activations already (scale 1/128, zero point 127), so preprocessing costs
// nothing. After a ReLU6 the range is [0, 6] whatever the images are, and saturating there is the ReLU6.

import { type ConvolutionLayer, floats, type Ranges, type StoredTensor } from '@sightline/backbone';
import { SightlineError } from '@sightline/core';
import { lite0 } from '@sightline/efficientnet-lite-weights';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import { type Arithmetic, convolutionOptions } from './graph.ts';

type Range = Ranges[string];

const LARGEST = { uint8: 255, int8: 127 } as const;
const RELU6: Range = [0, 6];

/** Activations as uint8: value = (integer - zeroPoint) * scale. */
export interface Quantized {
  readonly value: Value;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A kernel (filters, …) as integers within half a step of its values, and the step of each filter. */
export function quantizeKernel({ data, shape }: StoredTensor): { integers: Int8Array; scales: Float32Array } {
  const values = floats({ data });
  const size = values.length / shape[0]!;
  const integers = new Int8Array(values.length);
  const scales = new Float32Array(shape[0]!);
  for (const filter of scales.keys()) {
    const [start, end] = [filter * size, (filter + 1) * size];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / LARGEST.int8) || 1;
    for (let i = start; i < end; i++) integers[i] = Math.round(values[i]! / scale);
    scales[filter] = scale;
  }
  return { integers, scales };
}

/** The step and zero point whose 256 integers cover a range, zero included exactly. */
function stepsOf([low, high]: Range): { scale: number; zeroPoint: number } {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / LARGEST.uint8);
  return { scale, zeroPoint: Math.round(-least / scale) };
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

/**
 * @param ranges of the linear convolutions (`blocks.0.project` …) and of the residual sums (`blocks.2` …)
 * @throws SightlineError `input` if one is missing or empty
 */
export function int8(
  g: GraphBuilder,
  tensors: ReadonlyMap<string, StoredTensor>,
  ranges: Ranges,
): Arithmetic<Quantized> {
  const zero = (zeroPoint: number): Value => g.constant(Uint8Array.of(zeroPoint), []);
  const toFloat = ({ value, scale, zeroPoint }: Quantized): Value =>
    op.dequantizeLinear(g, value, g.float(scale), zero(zeroPoint));
  const quantize = (x: Value, range: Range): Quantized => {
    const { scale, zeroPoint } = stepsOf(range);
    return { value: op.quantizeLinear(g, x, g.float(scale), zero(zeroPoint)), scale, zeroPoint };
  };
  /** Constants with a scale per filter. */
  const dequantized = (integers: Int8Array | Int32Array, shape: readonly number[], scales: Float32Array) => {
    const zeros = integers instanceof Int8Array ? new Int8Array(shape[0]!) : new Int32Array(shape[0]!);
    return op.dequantizeLinear(g, g.constant(integers, shape), g.constant(scales), g.constant(zeros), {
      axis: 0,
    });
  };
  const parameters = (x: Quantized, { name }: ConvolutionLayer): [weight: Value, bias: Value] => {
    const kernel = tensors.get(`${name}.weight`)!;
    const { integers, scales } = quantizeKernel(kernel);
    // Products of integers have these steps, and the bias is added to their sum.
    const steps = scales.map((scale) => scale * x.scale);
    const bias = Int32Array.from(floats(tensors.get(`${name}.bias`)!), (b, f) => Math.round(b / steps[f]!));
    return [dequantized(integers, kernel.shape, scales), dequantized(bias, [bias.length], steps)];
  };
  return {
    preprocess: (pixels) => {
      const { mean, deviation } = lite0.preprocessing;
      return { value: pixels, scale: 1 / deviation, zeroPoint: mean };
    },
    convolution: (x, layer) => {
      const y = op.conv(g, toFloat(x), ...parameters(x, layer), convolutionOptions(x.value, layer));
      return quantize(y, layer.activation === 'relu6' ? RELU6 : rangeOf(ranges, layer.name));
    },
    add: (x, y, block) => quantize(op.add(g, toFloat(x), toFloat(y)), rangeOf(ranges, block)),
    toFloat,
  };
}
