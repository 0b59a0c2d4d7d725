// A `CallType` is a kernel with its attributes and the specs of its inputs: all that its lowering depends on.
// Equal calls share one type, so a repeated step finds its types, its output shapes and its session by key.

import { isSightlineError, SightlineError } from '@sightline/core';
import { GraphBuilder, type Value } from '@sightline/onnx';
import { LOWERINGS } from '../lowering/index.ts';
import { type Attributes, type Inputs, LoweringContext } from '../lowering/lowering.ts';
import type { CallType, GraphDType, TensorSpec } from './buffer.ts';

/** Past this number of types, those that are not used again before there are as many new ones are forgotten. */
const GENERATION = 4_000;

let types = new Map<string, CallType>();
let olderTypes = new Map<string, CallType>();
let nextId = 0;

/** JSON, with the numbers that JSON has no form for. */
const attributesKey = (attributes: Attributes): string =>
  JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? `#${value}` : value,
  );

/** The type of a call; its output specs come from running its lowering on a graph that is thrown away. */
export function callType(
  kernel: string,
  inputs: readonly (readonly [name: string, spec: TensorSpec])[],
  attributes: Attributes,
): CallType {
  let key = kernel;
  for (const [name, { dtype, shape }] of inputs) key += `|${name}:${dtype}[${shape.join()}]`;
  key += attributesKey(attributes);
  const known = types.get(key);
  if (known) return known;
  if (types.size >= GENERATION) {
    olderTypes = types;
    types = new Map();
  }
  const type = olderTypes.get(key) ?? {
    id: nextId++,
    kernel,
    inputNames: inputs.map(([name]) => name),
    attributes,
    outputs: outputSpecs(kernel, inputs, attributes),
  };
  types.set(key, type);
  return type;
}

function outputSpecs(
  kernel: string,
  inputs: readonly (readonly [string, TensorSpec])[],
  attributes: Attributes,
): TensorSpec[] {
  const graph = new GraphBuilder(kernel);
  const values: Record<string, Value> = {};
  for (const [name, spec] of inputs) values[name] = graph.input(name, spec.dtype, spec.shape);
  return lower(new LoweringContext(graph), kernel, values, attributes).map(({ dtype, shape }) => ({
    dtype: dtype as GraphDType,
    shape: shape as number[],
  }));
}

/** Applies a kernel's lowering; whatever is wrong is said with the kernel's name. */
export function lower(
  context: LoweringContext,
  kernel: string,
  inputs: Inputs,
  attributes: Attributes,
): Value[] {
  const lowering = LOWERINGS[kernel];
  if (!lowering) throw new SightlineError('unsupported', `The kernel ${kernel} has no lowering to ONNX.`);
  const scope = context.graph.scope;
  context.graph.scope = kernel;
  try {
    const lowered = lowering(context, inputs, attributes);
    return Array.isArray(lowered) ? lowered : [lowered as Value];
  } catch (cause) {
    if (isSightlineError(cause, 'unsupported') || isSightlineError(cause, 'lowering')) throw cause;
    throw new SightlineError('lowering', `${kernel}: ${(cause as Error).message}`, { cause });
  } finally {
    context.graph.scope = scope;
  }
}
