// VGG16's convolutions in 8 bits. Weights are int8, symmetric, a scale a filter. Activations follow a ReLU, so they are
// uint8 with zero at 0, and saturating at 0 is the ReLU: a layer is one QLinearConv. Their scales come from a
// *calibration*: the largest values that each layer gives for some images. The first convolution stays float32: it has
// 3 channels, so there is little to gain and all later ones to lose.

import { floats, type StoredTensor } from '@sightline/backbone';
import { type GraphBuilder, op, type Value } from '@sightline/onnx';
import type { ConvolutionLayer, Layer } from '../architecture.ts';

/** The ranges of activations. */
export interface Calibration {
  /** By layer (`block1_conv1` …): the largest activation after its ReLU that 8 bits must hold. */
  readonly ranges: Readonly<Record<string, number>>;
}

type Tensors = ReadonlyMap<string, StoredTensor>;

/** Activations as integers: value = integer * scale. */
interface Quantized {
  readonly value: Value;
  readonly scale: number;
}

const LARGEST = { uint8: 255, int8: 127 } as const;

/** A kernel (filters, …) as integers and a scale a filter. */
export function quantizeKernel({ data, shape }: StoredTensor): { integers: Int8Array; scales: Float32Array } {
  const values = floats({ data });
  const [filters] = shape as [number];
  const size = values.length / filters;
  const integers = new Int8Array(values.length);
  const scales = new Float32Array(filters);
  for (let f = 0; f < filters; f++) {
    let largest = 0;
    for (let i = f * size; i < (f + 1) * size; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / LARGEST.int8) || 1;
    scales[f] = scale;
    for (let i = f * size; i < (f + 1) * size; i++) integers[i] = Math.round(values[i]! / scale);
  }
  return { integers, scales };
}

const zero = (g: GraphBuilder): Value => g.constant(Uint8Array.of(0), []);

function quantize(g: GraphBuilder, x: Value, range: number): Quantized {
  const scale = Math.fround(range / LARGEST.uint8);
  const inputs = [x, g.float(scale), zero(g)];
  const [value] = g.add('QuantizeLinear', { inputs, outputs: [{ dtype: 'uint8', shape: x.shape }] });
  return { value: value!, scale };
}

function convolution(
  g: GraphBuilder,
  x: Quantized,
  layer: ConvolutionLayer,
  tensors: Tensors,
  range: number,
): Quantized {
  const { filters, channels, name } = layer;
  const { integers, scales } = quantizeKernel(tensors.get(`${name}.weight`)!);
  const bias = Int32Array.from(floats(tensors.get(`${name}.bias`)!), (b, f) =>
    Math.round(b / (scales[f]! * x.scale)),
  );
  const scale = Math.fround(range / LARGEST.uint8);
  const inputs = [
    ...[x.value, g.float(x.scale), zero(g)],
    ...[
      g.constant(integers, [filters, channels, 3, 3]),
      g.constant(scales),
      g.constant(new Int8Array(filters)),
    ],
    ...[g.float(scale), zero(g), g.constant(bias)],
  ];
  const outputs = [{ dtype: 'uint8', shape: x.value.shape.with(1, filters) }] as const;
  const pads = { kind: 'ints', value: [1, 1, 1, 1] } as const;
  return { value: g.add('QLinearConv', { inputs, outputs, attributes: { pads } })[0]!, scale };
}

/**
 * x (N, C, H, W), what the first convolution gives in float32, through the layers after it; gives float32.
 *
 * @param first the name of that convolution
 */
export function int8Layers(
  g: GraphBuilder,
  x: Value,
  first: string,
  layers: readonly Layer[],
  tensors: Tensors,
  { ranges }: Calibration,
): Value {
  let y = quantize(g, x, ranges[first]!);
  for (const layer of layers) {
    g.scope = layer.name;
    y =
      layer.kind === 'pooling'
        ? { ...y, value: op.maxPool(g, y.value, { kernel: [2, 2], strides: [2, 2] }) }
        : convolution(g, y, layer, tensors, ranges[layer.name]!);
  }
  g.scope = '';
  const inputs = [y.value, g.float(y.scale), zero(g)];
  return g.add('DequantizeLinear', { inputs, outputs: [{ dtype: 'float32', shape: y.value.shape }] })[0]!;
}
