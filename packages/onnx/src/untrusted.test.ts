// Files that no exporter of classifiers writes. Real ones are read in packages/sightline/src/model/foreign-onnx.test.ts.

import { expect, it } from 'vitest';
import { encodeModel, GraphBuilder, op, readUntrusted } from './index.ts';
import { field, integer, modelOf, node } from './testing/message.ts';

/** y = max(x, 0), as a file of ours. */
function relu(): Uint8Array {
  const g = new GraphBuilder('relu');
  g.output('y', op.relu(g, g.input('x', 'float32', ['N', 3])));
  return encodeModel(g.build());
}

const after = (...fields: readonly Uint8Array[]) => Buffer.concat([relu(), ...fields]);
const tensor = (...more: readonly Uint8Array[]) =>
  modelOf(field(5, [integer(1, 1), integer(2, 1), field(8, 't'), ...more]));

/** A graph in a graph, and so on. */
const nested = (depth: number): Uint8Array =>
  depth === 0 ? node('Relu') : node('If', field(5, [field(6, [nested(depth - 1)]), integer(20, 5)]));

it('reads what exporters write', () => {
  expect(readUntrusted(relu()).graph.nodes).toMatchObject([{ opType: 'Relu' }]);
  // Documentation and names for people, the alias of ONNX' domain, types of values in between, sizes that are open.
  const value = field(13, [field(1, 'v'), field(2, [field(1, [integer(1, 5), field(2, [])])])]);
  const open = field(11, [
    field(1, 'x'),
    field(2, [field(1, [integer(1, 1), field(2, [field(1, [integer(1, -1)])])])]),
  ]);
  const about = [field(3, '2.9'), field(6, 'words'), field(8, [field(1, 'ai.onnx.ml'), integer(2, 3)])];
  const read = readUntrusted(
    Buffer.concat([modelOf(node('Relu', field(7, 'ai.onnx'), field(6, 'words')), value, open), ...about]),
  );
  expect(read.graph.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['?'] }]);
  expect(readUntrusted(modelOf(nested(8))).graph.nodes).toHaveLength(1);
});

it.each([
  ['local functions', after(field(25, [])), /has local functions/],
  ['graphs for training', after(field(20, [])), /has graphs for training/],
  [
    'tensors in other files',
    tensor(field(13, [field(1, 'location'), field(2, '../x')])),
    /tensors in other files/,
  ],
  ['a location elsewhere', tensor(integer(14, 1), field(9, new Uint8Array(4))), /tensors in other files/],
  ['tensors in segments', tensor(field(3, [])), /tensors in segments/],
  ['sparse tensors', modelOf(field(15, [])), /sparse tensors/],
  ['sequences', modelOf(field(12, [field(2, [field(4, [])])])), /sequences of tensors/],
  ['loops', modelOf(node('Loop')), /has the operator "Loop"/],
  ['a loop in a branch', modelOf(node('If', field(5, [field(6, [node('Scan')]), integer(20, 5)]))), /"Scan"/],
  [
    'operators of ONNX Runtime',
    modelOf(node('MatMulNBits', field(7, 'com.microsoft'))),
    /"com.microsoft.MatMulNBits"/,
  ],
  ['escape codes as operators', modelOf(node('\u001b[2J')), /the operator "\\x1b\[2J"/],
  ['graphs that are deep in each other', modelOf(nested(9)), /graphs in graphs, over 8 deep/],
  [
    'many axes',
    modelOf(field(5, [...Array.from({ length: 17 }, () => integer(1, 1)), integer(2, 1)])),
    /tensors of 17 axes/,
  ],
  ['many nodes', modelOf(...Array.from({ length: 50_001 }, () => node('Relu'))), /has 50001 nodes/],
  ["ONNX Runtime's own format, whatever else it is", after(), /in ONNX Runtime's own format/],
])('refuses %s', (name, bytes, message) => {
  // A producer's name of four letters at the right place.
  const file = name.startsWith('ONNX') ? Buffer.concat([field(2, 'xxORTM'), bytes]) : bytes;
  expect(() => readUntrusted(file, 'a.onnx')).toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(message) }),
  );
  expect(() => readUntrusted(file, 'a.onnx')).toThrow(/^a\.onnx /);
});
