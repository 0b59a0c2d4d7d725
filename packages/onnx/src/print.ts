// A graph as text, a line a node: `%relu_3: float32[8, 20, 20, 32] = Relu(%gemm_2)`.

import type { Attribute, Graph, Model, Value } from './model.ts';
import { showShape, showValue } from './shape.ts';

export interface PrintOptions {
  /** Values whose shapes are shown, besides inputs, constants and outputs: a builder's own (`GraphBuilder.values`). */
  readonly values?: Iterable<Value>;
  /** What inputs and outputs stand for, by name. */
  readonly notes?: ReadonlyMap<string, string>;
}

/** A readable listing of a model, a line a node. */
export function printModel(model: Model, { values = [], notes = new Map() }: PrintOptions = {}): string {
  const lines = [`model ${model.graph.name} (opset ${model.opset}, ${model.producer})`];
  for (const [key, value] of Object.entries(model.metadata)) lines.push(`  ${key} = ${value}`);
  const known = new Map(Array.from(values, (value) => [value.name, value]));
  return [...lines, ...printGraph(model.graph, known, notes, '  ')].join('\n');
}

function printGraph(
  graph: Graph,
  values: ReadonlyMap<string, Value>,
  notes: ReadonlyMap<string, string>,
  indent: string,
): string[] {
  const known = new Map(values);
  for (const value of [...graph.inputs, ...graph.outputs, ...graph.initializers])
    known.set(value.name, value);
  const typed = (name: string) => {
    const value = known.get(name);
    return value ? `%${name}: ${showValue(value)}` : `%${name}`;
  };
  const noted = (name: string) => (notes.has(name) ? `${typed(name)}  # ${notes.get(name)}` : typed(name));
  const lines = graph.inputs.map((v) => `${indent}input ${noted(v.name)}`);
  for (const init of graph.initializers)
    lines.push(`${indent}const ${typed(init.name)} = ${showData(init.data)}`);
  for (const node of graph.nodes) {
    const attributes = Object.entries(node.attributes)
      .filter(([, a]) => a.kind !== 'graph')
      .map(([key, a]) => `${key}=${showAttribute(a)}`);
    const args = [...node.inputs.map((n) => (n ? `%${n}` : '_')), ...attributes].join(', ');
    const op = node.domain ? `${node.domain}.${node.opType}` : node.opType;
    lines.push(`${indent}${node.outputs.map(typed).join(', ')} = ${op}(${args})`);
    for (const [key, a] of Object.entries(node.attributes)) {
      if (a.kind === 'graph')
        lines.push(`${indent}  ${key}:`, ...printGraph(a.value, known, notes, `${indent}    `));
    }
  }
  return [...lines, ...graph.outputs.map((v) => `${indent}output ${noted(v.name)}`)];
}

const showAttribute = (a: Attribute): string =>
  Array.isArray(a.value) ? showShape(a.value) : String(a.value);

/** As many digits as float32 has, and no more. */
const showNumber = (value: number | bigint): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(7))) : String(value);

function showData(data: ArrayLike<number | bigint>): string {
  const head = Array.from({ length: Math.min(data.length, 8) }, (_, i) => showNumber(data[i]!)).join(', ');
  return data.length > 8 ? `{${head}, … ${data.length} in all}` : `{${head}}`;
}
