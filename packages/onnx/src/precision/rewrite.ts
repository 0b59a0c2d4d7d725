// What rewriting a finished graph needs: who makes a value and who takes it, constants as numbers, and the graph that is
// left once nothing unneeded stands in it.

import { float16ToFloat32 } from '@sightline/core';
import type { Graph, Initializer, Node } from '../model.ts';

export interface Index {
  readonly producers: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  readonly initializers: ReadonlyMap<string, Initializer>;
}

export function indexOf({ nodes, initializers }: Graph): Index {
  const producers = new Map<string, Node>();
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const output of node.outputs) producers.set(output, node);
    for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  }
  return { producers, consumers, initializers: new Map(initializers.map((each) => [each.name, each])) };
}

export interface Constant {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A float32 constant, or a float16 one that is cast to it; undefined for what a run computes. */
export function constantOf({ initializers, producers }: Index, name: string): Constant | undefined {
  const own = initializers.get(name);
  if (own) return own.data instanceof Float32Array ? { shape: own.shape, data: own.data } : undefined;
  const producer = producers.get(name);
  const source = producer?.opType === 'Cast' ? initializers.get(producer.inputs[0]!) : undefined;
  if (source?.dtype !== 'float16') return undefined;
  return { shape: source.shape, data: float16ToFloat32(source.data as Uint16Array) };
}

/** A graph without nodes that lead to no output and constants that no node takes. */
export function pruned(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter(({ inputs, outputs }) => {
    const isNeeded = outputs.some((output) => needed.has(output));
    if (isNeeded) for (const input of inputs) needed.add(input);
    return isNeeded;
  });
  const initializers = graph.initializers.filter(({ name }) => needed.has(name));
  return { ...graph, nodes: nodes.reverse(), initializers };
}

/** A node of ONNX' own domain, named after what it makes. */
export const nodeOf = (
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node => ({ opType, domain: '', name: `${output}/${opType}`, inputs, outputs: [output], attributes });
