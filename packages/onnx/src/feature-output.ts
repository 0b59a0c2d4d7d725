// What a classifier knows of an image before it decides: the vector that goes into its last dense layer, given out.

import type { Graph, Initializer, Model, Node } from './model.ts';

/** The output's name. */
export const FEATURES = 'features';

/**
 * The same classifier with one more output, `features` (N, columns): what goes into its last dense layer. Images that
 * are alike to the network have like features. The first output and everything else stay as they are.
 *
 * @returns null for a network whose probabilities do not come from a dense layer
 */
export function withFeatures(model: Model): Model | null {
  const { graph } = model;
  const dense = lastDense(graph);
  if (!dense) return null;
  const [source] = dense.node.inputs;
  const output = { name: FEATURES, dtype: 'float32', shape: ['N', dense.columns] } as const;
  const outputs = [...graph.outputs, output];
  if (source === FEATURES) return { ...model, graph: { ...graph, outputs } };
  // Another value of this name is something else.
  if (graph.nodes.some((node) => node.outputs.includes(FEATURES))) return null;
  const identity: Node = {
    opType: 'Identity',
    domain: '',
    name: FEATURES,
    inputs: [source!],
    outputs: [FEATURES],
    attributes: {},
  };
  return { ...model, graph: { ...graph, nodes: [...graph.nodes, identity], outputs } };
}

/** The dense layer that is nearest to the first output, and how many numbers go into it. */
function lastDense(graph: Graph): { node: Node; columns: number } | null {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const constants = new Map(graph.initializers.map((initializer) => [initializer.name, initializer]));
  const waiting = graph.outputs.slice(0, 1).map(({ name }) => name);
  const seen = new Set(waiting);
  for (const name of waiting) {
    const node = makers.get(name);
    if (!node) continue;
    const weights = isDense(node) ? weightsOf(node, makers, constants) : undefined;
    if (weights) return { node, columns: weights.shape[isTransposed(node) ? 1 : 0]! };
    for (const input of node.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      waiting.push(input);
    }
  }
  return null;
}

const isDense = ({ opType, domain }: Node): boolean =>
  domain === '' && (opType === 'Gemm' || opType === 'MatMul');

const isTransposed = ({ attributes: { transB } }: Node): boolean =>
  transB?.kind === 'int' && transB.value === 1;

/** The matrix of a dense layer, which may be stored in fewer bits and widened by a cast. */
function weightsOf(
  node: Node,
  makers: ReadonlyMap<string, Node>,
  constants: ReadonlyMap<string, Initializer>,
): Initializer | undefined {
  const name = node.inputs[1]!;
  const found = constants.get(name) ?? constants.get(makers.get(name)?.inputs[0] ?? '');
  return found?.shape.length === 2 ? found : undefined;
}
