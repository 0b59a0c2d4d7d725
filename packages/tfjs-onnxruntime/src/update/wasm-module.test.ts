import { describe, expect, it } from 'vitest';
import type { UpdateKernel, UpdateOperator } from './update-kernel.ts';
import { encodeKernels } from './wasm-module.ts';
import { Instance, Memory, Module } from './web-assembly.ts';

/** A function of a kernel and a view of its memory. */
function instantiate(...kernels: UpdateKernel[]) {
  const memory = new Memory({ initial: 1, maximum: 1 });
  const module = new Module(encodeKernels(kernels));
  const { exports } = new Instance(module, { env: { memory } });
  return { exports: exports as Record<string, (...numbers: number[]) => void>, memory };
}

const VALUES = [-2.5, -0, 0.1, 3, 7.25, 1e-30, 1e30, Number.NaN];

describe('operators', () => {
  const f = Math.fround;
  it.each<[UpdateOperator, (a: number, b: number) => number]>([
    ['Abs', (a) => Math.abs(a)],
    ['Add', (a, b) => a + b],
    ['Maximum', (a, b) => Math.max(a, b)],
    ['Minimum', (a, b) => Math.min(a, b)],
    ['Multiply', (a, b) => a * b],
    ['Neg', (a) => -a],
    ['RealDiv', (a, b) => a / b],
    ['Reciprocal', (a) => 1 / a],
    ['Rsqrt', (a) => 1 / f(Math.sqrt(a))],
    ['Sqrt', (a) => Math.sqrt(a)],
    ['Square', (a) => a * a],
    ['SquaredDifference', (a, b) => f(a - b) * f(a - b)],
    ['Sub', (a, b) => a - b],
  ])('%s is the same as in JavaScript, rounded to float32', (operator, reference) => {
    const operands = [{ array: 0 }, { array: 1 }];
    const { exports, memory } = instantiate({
      arrays: 3,
      scalars: 0,
      instructions: [{ operator, operands }],
      stores: [{ array: 2, operand: { result: 0 } }],
    });
    const [a, b, y] = [0, 1, 2].map((k) => new Float32Array(memory.buffer, 32 * k, 8)) as Float32Array[];
    a!.set(VALUES);
    b!.set(VALUES.toReversed());
    exports['0']!(32, 0, 32, 64);
    expect([...y!]).toEqual([...a!].map((v, i) => f(reference(v, b![i]!))));
  });
});

it('works in place on whole arrays, with scalars and numbers, each kernel a function', () => {
  /** m = 0.9 m + s g, w = w - m, m being the new one. */
  const momentum: UpdateKernel = {
    arrays: 3,
    scalars: 1,
    instructions: [
      { operator: 'Multiply', operands: [{ array: 1 }, { number: 0.9 }] },
      { operator: 'Multiply', operands: [{ array: 2 }, { scalar: 0 }] },
      { operator: 'Add', operands: [{ result: 0 }, { result: 1 }] },
      { operator: 'Sub', operands: [{ array: 0 }, { result: 2 }] },
    ],
    stores: [
      { array: 0, operand: { result: 3 } },
      { array: 1, operand: { result: 2 } },
    ],
  };
  const copy: UpdateKernel = {
    arrays: 2,
    scalars: 0,
    instructions: [],
    stores: [{ array: 1, operand: { array: 0 } }],
  };
  const { exports, memory } = instantiate(copy, momentum);
  const size = 1000;
  const views = [0, 1, 2].map((k) => new Float32Array(memory.buffer, 4096 * k, size)) as Float32Array[];
  const [w, m, g] = views as [Float32Array, Float32Array, Float32Array];
  for (let i = 0; i < size; i++) [w[i], m[i], g[i]] = [i, i / 7, Math.sin(i)];
  const before = views.map((view) => view.slice());
  exports['1']!(4 * size, 0, 4096, 8192, 0.25);
  const f = Math.fround;
  for (const i of [0, 1, 499, 998, 999]) {
    const next = f(f(before[1]![i]! * f(0.9)) + f(before[2]![i]! * 0.25));
    expect(m[i]).toBe(next);
    expect(w[i]).toBe(f(before[0]![i]! - next));
  }
  expect(g).toEqual(before[2]);
  exports['0']!(16, 0, 8192);
  expect([...g.subarray(0, 5)]).toEqual([...w.subarray(0, 4), before[2]![4]]);
});
