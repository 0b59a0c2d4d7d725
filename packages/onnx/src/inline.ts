// A whole graph as a part of another: a network of a file in front of a classifier.

import type { GraphBuilder } from './graph-builder.ts';
import type { Attribute, Graph, Node, Value } from './model.ts';

/**
 * Adds the nodes and constants of `graph` under names of its own.
 *
 * @param inputs the values that go into the graph, by the names of its inputs
 * @returns the value of its output `output`
 */
export function inlineGraph(
  g: GraphBuilder,
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
  output: Value,
): Value {
  const prefix = `${graph.name || 'graph'}/`;
  const outer = new Map(Object.entries(inputs).map(([name, value]) => [name, value.name]));
  const renamed = inner(graph, outer, prefix);
  g.initializers.push(...renamed.initializers);
  g.nodes.push(...renamed.nodes);
  return { ...output, name: renamed.nameOf(output.name) };
}

/** Names of a graph and of those in its attributes; an inner graph sees the names around it. */
function inner(graph: Graph, outer: ReadonlyMap<string, string>, prefix: string) {
  const names = new Map(outer);
  const own = (name: string) => {
    if (name !== '' && !outer.has(name)) names.set(name, prefix + name);
  };
  for (const { name } of graph.initializers) own(name);
  for (const { outputs } of graph.nodes) for (const name of outputs) own(name);
  const nameOf = (name: string) => names.get(name) ?? name;
  const attribute = (value: Attribute): Attribute =>
    value.kind === 'graph' ? { kind: 'graph', value: innerGraph(value.value, names, prefix) } : value;
  const nodes: Node[] = graph.nodes.map((node) => ({
    ...node,
    name: prefix + node.name,
    inputs: node.inputs.map(nameOf),
    outputs: node.outputs.map(nameOf),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([key, value]) => [key, attribute(value)]),
    ),
  }));
  const initializers = graph.initializers.map((constant) => ({ ...constant, name: nameOf(constant.name) }));
  return { nodes, initializers, nameOf };
}

function innerGraph(graph: Graph, outer: ReadonlyMap<string, string>, prefix: string): Graph {
  const { nodes, initializers, nameOf } = inner(graph, outer, prefix);
  const outputs = graph.outputs.map((value) => ({ ...value, name: nameOf(value.name) }));
  return { ...graph, nodes, initializers, outputs };
}
