// Update kernels as one WebAssembly module: a function each, which takes the bytes of an array (a multiple of 16), the
// arrays' addresses and the scalars, and works on four elements at a time. Its memory is imported.
// Encoding: WebAssembly Core Specification 2.0, with its fixed-width SIMD instructions.

import type { Operand, UpdateKernel, UpdateOperator } from './update-kernel.ts';

/** Bytes of four elements: the step of a kernel's loop. */
export const LANE_BYTES = 16;

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? byte | 0x80 : byte);
  } while (rest);
  return bytes;
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const name = (text: string): number[] => vector([...new TextEncoder().encode(text)].map((byte) => [byte]));

const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const i32 = (value: number): number[] => [0x41, value];
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
const ADD_I32 = 0x6a;

const SIMD = { load: 0x00, store: 0x0b, splat: 0x13, abs: 0xe0, neg: 0xe1, sqrt: 0xe3, add: 0xe4, sub: 0xe5 };
const [MUL, DIV, MIN, MAX] = [0xe6, 0xe7, 0xe8, 0xe9];

/** v128.const of one number four times. */
function numbers(value: number): number[] {
  const bytes = new Uint8Array(Float32Array.of(value, value, value, value).buffer);
  return [...simd(0x0c), ...bytes];
}

/** The code of an operator whose operands are pushed by `a` and `b`. */
const OPERATORS: Record<UpdateOperator, (a: readonly number[], b: readonly number[]) => number[]> = {
  Abs: (a) => [...a, ...simd(SIMD.abs)],
  Add: (a, b) => [...a, ...b, ...simd(SIMD.add)],
  Maximum: (a, b) => [...a, ...b, ...simd(MAX)],
  Minimum: (a, b) => [...a, ...b, ...simd(MIN)],
  Multiply: (a, b) => [...a, ...b, ...simd(MUL)],
  Neg: (a) => [...a, ...simd(SIMD.neg)],
  RealDiv: (a, b) => [...a, ...b, ...simd(DIV)],
  Reciprocal: (a) => [...numbers(1), ...a, ...simd(DIV)],
  Rsqrt: (a) => [...numbers(1), ...a, ...simd(SIMD.sqrt), ...simd(DIV)],
  Sqrt: (a) => [...a, ...simd(SIMD.sqrt)],
  Square: (a) => [...a, ...a, ...simd(MUL)],
  SquaredDifference: (a, b) => [
    ...[...a, ...b, ...simd(SIMD.sub)],
    ...[...a, ...b, ...simd(SIMD.sub)],
    ...simd(MUL),
  ],
  Sub: (a, b) => [...a, ...b, ...simd(SIMD.sub)],
};

/** A function's parameters (bytes, addresses, scalars), locals (offset, arrays, splats, results) and body. */
function body({ arrays, scalars, instructions, stores }: UpdateKernel): number[] {
  const address = (array: number) => 1 + array;
  const scalar = (k: number) => 1 + arrays + k;
  const offset = 1 + arrays + scalars;
  const loaded = (array: number) => offset + 1 + array;
  const splat = (k: number) => loaded(arrays) + k;
  const result = (k: number) => splat(scalars) + k;
  const push = (operand: Operand): number[] => {
    if ('array' in operand) return get(loaded(operand.array));
    if ('scalar' in operand) return get(splat(operand.scalar));
    return 'number' in operand ? numbers(operand.number) : get(result(operand.result));
  };
  const place = (array: number) => [...get(address(array)), ...get(offset), ADD_I32];
  const aligned = [4, 0];
  const range = (count: number) => Array.from({ length: count }, (_, k) => k);

  const loop = [
    ...range(arrays).flatMap((k) => [...place(k), ...simd(SIMD.load), ...aligned, ...set(loaded(k))]),
    ...instructions.flatMap(({ operator, operands }, k) => {
      const [a, b = []] = operands.map(push) as [number[], number[]?];
      return [...OPERATORS[operator](a, b), ...set(result(k))];
    }),
    ...stores.flatMap(({ array, operand }) => [
      ...place(array),
      ...push(operand),
      ...simd(SIMD.store),
      ...aligned,
    ]),
    // offset += 16, and again while it is less than the bytes.
    ...[...get(offset), ...i32(LANE_BYTES), ADD_I32, 0x22, ...unsigned(offset)],
    ...[...get(0), 0x49, 0x0d, 0],
  ];
  const code = [
    ...range(scalars).flatMap((k) => [...get(scalar(k)), ...simd(SIMD.splat), ...set(splat(k))]),
    ...[0x03, 0x40, ...loop, 0x0b],
    0x0b,
  ];
  const locals = vector([
    [1, I32],
    [...unsigned(arrays + scalars + instructions.length), V128],
  ]);
  return [...unsigned(locals.length + code.length), ...locals, ...code];
}

/** The module's bytes: it imports `memory` from `env`, and exports a function for each kernel by its position. */
export function encodeKernels(kernels: readonly UpdateKernel[]): Uint8Array<ArrayBuffer> {
  const types = kernels.map(({ arrays, scalars }) => [
    0x60,
    ...vector([[I32], ...Array(arrays).fill([I32]), ...Array(scalars).fill([F32])]),
    0x00,
  ]);
  const positions = kernels.map((_, k) => k);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    // A memory of at least one page.
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, vector(positions.map((k) => unsigned(k)))),
    ...section(7, vector(positions.map((k) => [...name(`${k}`), 0x00, ...unsigned(k)]))),
    ...section(10, vector(kernels.map(body))),
  ]);
}
