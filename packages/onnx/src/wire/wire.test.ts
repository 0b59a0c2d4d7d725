import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { decodeModel, encodeModel, GraphBuilder, op, printModel } from '../index.ts';
import { field, integer, modelOf, node } from '../testing/message.ts';

function dense() {
  const g = new GraphBuilder('dense');
  const x = g.input('x', 'float32', ['N', 3]);
  const w = g.constant(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
  g.output('y', op.relu(g, op.gemm(g, x, w, g.constant(Float32Array.of(-20, 0)), { alpha: 0.5 })));
  return g.build({ metadata: { classes: '["other","car"]' } });
}

it('is read by ONNX Runtime, symbolic batch and all', async () => {
  const session = await InferenceSession.create(encodeModel(dense()));
  expect(session.inputMetadata[0]).toMatchObject({ name: 'x', shape: ['N', 3] });
  const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 10, 20, 30], [2, 3]) });
  // 0.5 (1, 2, 3) W = (11, 14); by hand.
  expect(Array.from(y!.data as Float32Array)).toEqual([0, 14, 90, 140]);
});

it('comes back as it went out', () => {
  expect(decodeModel(encodeModel(dense()))).toEqual(dense());
});

it('is read from a file at any alignment: a Buffer as well', () => {
  const bytes = encodeModel(dense());
  for (let offset = 0; offset < 8; offset++) {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
    expect(decodeModel(shifted)).toEqual(dense());
  }
});

it('prints a line a node', () => {
  expect(printModel(dense())).toMatchInlineSnapshot(`
    "model dense (opset 18, sightline)
      classes = ["other","car"]
      input %x: float32[N, 3]
      const %const_0: float32[3, 2] = {1, 2, 3, 4, 5, 6}
      const %const_1: float32[2] = {-20, 0}
      %Gemm_0 = Gemm(%x, %const_0, %const_1, alpha=0.5)
      %y: float32[N, 2] = Relu(%Gemm_0)
      output %y: float32[N, 2]"
  `);
});

// Python's onnx 1.23: make_model(make_graph([], 'g', [], [], [make_tensor('f', FLOAT, [2], [1.5, -2]),
// make_tensor('i', INT64, [2], [-1, 300]), make_tensor('h', FLOAT16, [1], [1.0]), make_tensor('b', BOOL, [2], [1, 0])])).
it('reads tensors whose elements are numbers, not bytes', () => {
  const file = Uint8Array.from(
    Buffer.from(
      '080e3a471201672a110802100122080000c03f000000c04201662a15080210073a0cffffffffffffffffff01ac024201692a0b0801100a2a0280784201682a0b080210092a0201004201624202101c',
      'hex',
    ),
  );
  expect(decodeModel(file).graph.initializers).toEqual([
    { name: 'f', dtype: 'float32', shape: [2], data: Float32Array.of(1.5, -2) },
    { name: 'i', dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 300n) },
    { name: 'h', dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) },
    { name: 'b', dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
  ]);
});

it('reads and writes attributes that are tensors and texts, and doubles as numbers', () => {
  const g = new GraphBuilder('constants');
  const value = { name: 'value', dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) } as const;
  const attributes = {
    value: { kind: 'tensor', value },
    names: { kind: 'strings', value: ['a', 'b'] },
  } as const;
  const made = g.add('Constant', { inputs: [], outputs: [{ dtype: 'float32', shape: [2] }], attributes });
  g.output('y', made[0]!);
  expect(decodeModel(encodeModel(g.build()))).toEqual(g.build());
  const doubles = new Uint8Array(Float64Array.of(0.5, -3).buffer);
  const tensor = field(5, [integer(1, 2), integer(2, 11), field(8, 'd'), field(10, doubles)]);
  expect(decodeModel(modelOf(tensor)).graph.initializers).toEqual([
    { name: 'd', dtype: 'float64', shape: [2], data: Float64Array.of(0.5, -3) },
  ]);
});

it.each([
  ['other bytes', new TextEncoder().encode('not a model'), /illegal tag: field no 13/],
  ['nothing', new Uint8Array(0), /its 0 bytes hold no graph/],
  ['half of a model', encodeModel(dense()).subarray(0, 90), /premature EOF|cut off/],
  ['two graphs', Buffer.concat([encodeModel(dense()), encodeModel(dense())]), /may come once comes twice/],
  ['a number in place of a text', integer(2, 5), /a field of kind 0 in place of 2/],
  [
    'a graph attribute without a graph',
    modelOf(node('If', field(5, [field(1, 'body'), integer(20, 5)]))),
    /attribute body holds no value of its type 5/,
  ],
  [
    'a graph beside an attribute’s value',
    modelOf(node('If', field(5, [integer(3, 1), field(6, []), integer(20, 2)]))),
    /attribute {2}holds no value of its type 2/,
  ],
  [
    'negative sizes',
    modelOf(field(5, [integer(1, -1), integer(1, -1), integer(2, 2), field(9, Uint8Array.of(7))])),
    /shape \[-1,-1\] holds 1/,
  ],
  [
    'fewer elements than the shape has',
    modelOf(field(5, [integer(1, 4), integer(2, 2), field(9, Uint8Array.of(7))])),
    /shape \[4\] holds 1/,
  ],
  [
    'elements given twice',
    modelOf(field(5, [integer(1, 1), integer(2, 2), integer(5, 1), field(9, Uint8Array.of(7))])),
    /elements twice/,
  ],
  ['a group', Buffer.concat([encodeModel(dense()), Uint8Array.of(0x33, 0x34)]), /a group/],
])('refuses %s', (_, bytes, message) => {
  expect(() => decodeModel(bytes)).toThrow(
    expect.objectContaining({ code: 'decode', message: expect.stringMatching(message) }),
  );
});
