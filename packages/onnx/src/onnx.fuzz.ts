// `npm run fuzz -- onnx`: files of unknown origin, as ONNX Runtime is to get them.

import { encodeModel, GraphBuilder, op, readUntrusted } from './index.ts';

export function seeds(): Uint8Array[] {
  const g = new GraphBuilder('classifier');
  const image = op.cast(g, g.input('image', 'uint8', ['N', 4, 4, 3]), 'float32');
  const kernel = g.constant(Float32Array.from({ length: 54 }, Math.sin), [2, 3, 3, 3]);
  const maps = op.relu(g, op.conv(g, op.transpose(g, image, [0, 3, 1, 2]), kernel, undefined, {}));
  const means = op.reduceMean(g, maps, [2, 3], false);
  const dense = g.constant(Uint16Array.of(0x3c00, 0, 0, 0x3c00), [2, 2]);
  g.output('probabilities', op.softmax(g, op.matMul(g, means, op.cast(g, dense, 'float32')), 1));
  const model = g.build({ metadata: { classes: '["a","b"]', imageSize: '[4,4]' } });
  // What other exporters write: constants as nodes, texts, branches.
  const { graph } = model;
  const value = { name: 'value', dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, -1n) } as const;
  const branch = { kind: 'graph', value: graph } as const;
  const other = { domain: '', inputs: [], name: '' };
  const nodes = [
    ...graph.nodes,
    { ...other, opType: 'Constant', outputs: ['c'], attributes: { value: { kind: 'tensor', value } } },
    {
      ...other,
      opType: 'Resize',
      outputs: ['r'],
      attributes: { words: { kind: 'strings', value: ['a', 'b'] } },
    },
    { ...other, opType: 'If', outputs: ['i'], attributes: { then_branch: branch, else_branch: branch } },
  ] as const;
  return [encodeModel(model), encodeModel({ ...model, graph: { ...graph, nodes } })];
}

export const parse = (bytes: Uint8Array): unknown => readUntrusted(bytes);
