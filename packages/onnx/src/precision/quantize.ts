/**
 * Static quantization of a float32 model to 8 bits, as quantize-dequantize pairs around float32 operators: ONNX Runtime
 * fuses them to integer kernels, and any other runtime computes the same numbers in float32.
 *
 * Convolutions with constant weights are quantized: inputs and outputs are uint8 with one step per tensor, weights int8,
 * symmetric, with a step per filter, biases int32. Sums of two quantized values (residual connections) are uint8 too. Dense
 * layers stay in float32: in a classifier on pooled features they have few weights, and their errors would go straight
 * into the output. So does a convolution that takes an input of the model itself.
 * Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference (2018).
 */

import { SightlineError } from '@sightline/core';
import type { DType, TensorData } from '../dtype.ts';
import type { Initializer, Model, Node, Value } from '../model.ts';
import { int } from '../op/attribute.ts';
import { type Constant, constantOf, type Index, indexOf, nodeOf, pruned } from './rewrite.ts';

/** The smallest and the largest value of an activation. */
export type Range = readonly [low: number, high: number];

/** By the names that `activationsToObserve` gives. */
export type Ranges = Readonly<Record<string, Range>>;

/** The meaning of uint8 integers: value = (integer - zeroPoint) * scale. */
export interface Steps {
  readonly scale: number;
  readonly zeroPoint: number;
}

const LARGEST = { uint8: 255, int8: 127 } as const;
/** Leaves half of int32 to the products. */
const LARGEST_BIAS = 2 ** 30;

/** The step and zero point whose 256 integers cover a range, zero included exactly: padding is zero. */
export function stepsOf([low, high]: Range): Steps {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / LARGEST.uint8) || 1;
  return { scale, zeroPoint: Math.round(-least / scale) };
}

/**
 * A kernel (filters, …) as integers within half a step of its values, and the step of each filter.
 *
 * @param least the smallest step that each filter may have. Default: none
 */
export function quantizeKernel(
  { data, shape }: Constant,
  least?: Float32Array,
): { integers: Int8Array; scales: Float32Array } {
  const size = data.length / shape[0]!;
  const integers = new Int8Array(data.length);
  const scales = new Float32Array(shape[0]!);
  for (const filter of scales.keys()) {
    const [start, end] = [filter * size, (filter + 1) * size];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const scale = Math.fround(Math.max(largest / LARGEST.int8, least?.[filter] ?? 0)) || 1;
    for (let i = start; i < end; i++) integers[i] = Math.round(data[i]! / scale);
    scales[filter] = scale;
  }
  return { integers, scales };
}

/** A convolution that is quantized. */
interface Layer {
  readonly node: Node;
  readonly kernel: Constant;
  readonly bias: Constant | undefined;
}

interface Plan {
  readonly index: Index;
  readonly layers: ReadonlyMap<Node, Layer>;
  /** Values that are quantized, and the value whose range each has. */
  readonly quantized: ReadonlyMap<string, string>;
  /** ReLU and ReLU6 after a layer or a sum, by the value that they take: the ends of the range do their work. */
  readonly activations: ReadonlyMap<string, Node>;
}

/** What only moves or selects values: its output has the steps of its input. */
const MOVES = new Set(['MaxPool', 'Transpose', 'Reshape', 'Flatten']);

function layerOf(index: Index, node: Node): Layer | undefined {
  if (node.opType !== 'Conv') return undefined;
  const [, weight = '', biasName = ''] = node.inputs;
  const kernel = constantOf(index, weight);
  const bias = biasName === '' ? undefined : constantOf(index, biasName);
  return kernel && (bias || biasName === '') ? { node, kernel, bias } : undefined;
}

function planOf({ graph }: Model): Plan {
  const index = indexOf(graph);
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const found = graph.nodes
    .filter((node) => !inputs.has(node.inputs[0]!))
    .map((node) => layerOf(index, node))
    .filter((layer) => layer !== undefined);
  const layers = new Map(found.map((layer) => [layer.node, layer]));
  const quantized = new Map<string, string>();
  const activations = new Map<string, Node>();
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const add = (name: string) => {
    if (!outputs.has(name) && !quantized.has(name)) quantized.set(name, name);
  };
  for (const node of graph.nodes) {
    const isLayer = layers.has(node);
    if (isLayer) add(node.inputs[0]!);
    const isSum = node.opType === 'Add' && node.inputs.every((input) => quantized.has(input));
    const [output = ''] = node.outputs;
    if (isLayer || isSum) {
      const activation = outputs.has(output) ? undefined : activationAfter(index, output);
      if (activation) activations.set(output, activation);
      add(activation?.outputs[0] ?? output);
    } else if (MOVES.has(node.opType) && quantized.has(node.inputs[0]!) && !outputs.has(output)) {
      quantized.set(output, quantized.get(node.inputs[0]!)!);
    }
  }
  return { index, layers, quantized, activations };
}

/** The ReLU or Clip that alone takes a value. */
function activationAfter(index: Index, output: string): Node | undefined {
  const [only, ...others] = index.consumers.get(output) ?? [];
  if (!only || others.length > 0) return undefined;
  if (only.opType === 'Relu') return only;
  return only.opType === 'Clip' && clipOf(index, only)?.[0] === 0 ? only : undefined;
}

function clipOf(index: Index, { inputs: [, low = '', high = ''] }: Node): Range | undefined {
  const [least, most] = [constantOf(index, low), constantOf(index, high)];
  return least && most ? [least.data[0]!, most.data[0]!] : undefined;
}

/** The activations whose ranges `quantize` needs: float32 values of the model, by name. Those of ReLU6 are known. */
export function activationsToObserve(model: Model): string[] {
  const plan = planOf(model);
  return [...new Set(plan.quantized.values())].filter((name) => !endsOf(plan, name));
}

/** A model with the smallest and the largest value of each of these activations as outputs `low/<name>`, `high/<name>`. */
export function withRangeOutputs(model: Model, activations: readonly string[]): Model {
  const { graph } = model;
  const nodes: Node[] = [];
  const outputs: Value[] = [];
  for (const name of activations) {
    for (const [bound, opType] of [
      ['low', 'ReduceMin'],
      ['high', 'ReduceMax'],
    ] as const) {
      const output = `${bound}/${name}`;
      nodes.push(nodeOf(opType, [name], output, { keepdims: int(0) }));
      outputs.push({ name: output, dtype: 'float32', shape: [] });
    }
  }
  return { ...model, graph: { ...graph, nodes: [...graph.nodes, ...nodes], outputs } };
}

/**
 * The model in 8 bits.
 *
 * @throws SightlineError `input` if the range of an activation is missing or empty
 */
export function quantize(model: Model, ranges: Ranges): Model {
  const plan = planOf(model);
  const { layers, quantized, activations } = plan;
  const dropped = new Set(activations.values());
  const { graph } = model;
  const initializers: Initializer[] = [...graph.initializers];
  const nodes: Node[] = [];
  const constant = (name: string, dtype: DType, shape: readonly number[], data: TensorData): string => {
    initializers.push({ name, dtype, shape, data });
    return name;
  };
  const steps = new Map<string, Steps>();
  const stepsFor = (name: string): Steps => {
    const source = quantized.get(name)!;
    const known = steps.get(source) ?? stepsOf(rangeOf(plan, ranges, source));
    steps.set(source, known);
    return known;
  };
  /** `name` as the dequantized integers of `raw`. */
  const addPair = (raw: string, name: string): void => {
    const { scale, zeroPoint } = stepsFor(name);
    const meaning = [
      constant(`${name}/scale`, 'float32', [], Float32Array.of(scale)),
      constant(`${name}/zero`, 'uint8', [], Uint8Array.of(zeroPoint)),
    ];
    nodes.push(nodeOf('QuantizeLinear', [raw, ...meaning], `${name}/integers`));
    nodes.push(nodeOf('DequantizeLinear', [`${name}/integers`, ...meaning], name));
  };
  /** Integers with a step per filter; without zero points ONNX Runtime may convert a kernel to uint8. */
  const addIntegers = (
    name: string,
    data: Int8Array | Int32Array,
    { shape }: Constant,
    scales: Float32Array,
  ) => {
    const dtype = data instanceof Int8Array ? 'int8' : 'int32';
    const inputs = [
      constant(`${name}/integers`, dtype, shape, data),
      constant(`${name}/scale`, 'float32', [scales.length], scales),
    ];
    nodes.push(nodeOf('DequantizeLinear', inputs, name, { axis: int(0) }));
    return name;
  };
  /** The kernel and bias of a layer. Products of integers have the steps that a bias, which is added to them, has. */
  const addParameters = ({ node, kernel, bias }: Layer): string[] => {
    const { scale } = stepsFor(node.inputs[0]!);
    const least = bias?.data.map((value) => Math.abs(value) / (scale * LARGEST_BIAS));
    const { integers, scales } = quantizeKernel(kernel, least);
    const parameters = [addIntegers(`${node.name}/kernel`, integers, kernel, scales)];
    if (!bias) return parameters;
    const steps = scales.map((each) => each * scale);
    const rounded = Int32Array.from(bias.data, (value, filter) => Math.round(value / steps[filter]!));
    return [...parameters, addIntegers(`${node.name}/bias`, rounded, bias, steps)];
  };
  for (const node of graph.nodes) {
    const [output = '', ...others] = node.outputs;
    if (dropped.has(node)) continue;
    const layer = layers.get(node);
    const inputs = layer ? [node.inputs[0]!, ...addParameters(layer)] : node.inputs;
    const name = activations.get(output)?.outputs[0] ?? output;
    const isPaired = quantized.has(name);
    const raw = isPaired ? `${output}/float` : output;
    nodes.push({ ...node, inputs, outputs: [raw, ...others] });
    if (isPaired) addPair(raw, name);
  }
  return { ...model, graph: pruned({ ...graph, nodes, initializers }) };
}

/** The ends of the ReLU6 that makes a value. */
function endsOf({ index, activations }: Plan, name: string): Range | undefined {
  const node = index.producers.get(name);
  const isDropped = node?.opType === 'Clip' && activations.get(node.inputs[0]!) === node;
  return isDropped ? clipOf(index, node) : undefined;
}

function rangeOf(plan: Plan, ranges: Ranges, name: string): Range {
  const [low, high] = endsOf(plan, name) ?? ranges[name] ?? [Number.NaN, Number.NaN];
  if (Number.isFinite(low) && Number.isFinite(high)) return [low, high];
  throw new SightlineError(
    'input',
    `int8 needs the range of activations [low, high] of ${name}, but got [${low}, ${high}].`,
  );
}
