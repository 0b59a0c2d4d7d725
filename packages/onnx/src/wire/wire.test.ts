import { SightlineError } from '@sightline/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { decodeModel, encodeModel, GraphBuilder, op, printModel } from '../index.ts';

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

it('says so when bytes are no model', () => {
  expect(() => decodeModel(new TextEncoder().encode('not a model'))).toThrow(SightlineError);
  expect(() => decodeModel(new Uint8Array(0))).toThrow(/no ONNX graph/);
});
