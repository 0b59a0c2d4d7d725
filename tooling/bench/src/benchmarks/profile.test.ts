import { expect, test } from 'vitest';
import { timesByKind, timesByNode } from './profile.ts';

const node = (name: string, op: string, dur: number) => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  ts: 0,
  dur,
  args: { op_name: op, input_type_shape: [{ float: [8, 4] }, { float: [4] }] },
});

test('nodes by their median time, the first runs left out, other events ignored', () => {
  const events = [
    { cat: 'Session', name: 'model_run', ts: 0, dur: 9000 },
    { ...node('a', 'Gemm', 0), name: 'a_fence_before' },
    ...[9000, 100, 300, 200].map((dur) => node('a', 'Gemm', dur)),
    ...[9000, 1000, 1000, 1000].map((dur) => node('b', 'Gather', dur)),
  ];
  expect(timesByNode(events, 1)).toEqual([
    { node: 'b', op: 'Gather', inputs: ['8x4', '4'], ms: 1 },
    { node: 'a', op: 'Gemm', inputs: ['8x4', '4'], ms: 0.2 },
  ]);
});

test('the times of nodes add up by kind', () => {
  const nodes = [
    { node: 'a', op: 'Gemm', inputs: ['8x4'], ms: 1 },
    { node: 'b', op: 'Gather', inputs: ['8x4'], ms: 2 },
    { node: 'c', op: 'Gemm', inputs: ['4x4'], ms: 3 },
  ];
  expect(timesByKind(nodes, ({ op }) => op)).toEqual([
    { kind: 'Gemm', nodes: 2, ms: 4 },
    { kind: 'Gather', nodes: 1, ms: 2 },
  ]);
});
