// Random numbers of a compiled step. Each draw of each step has a stream of its own, which follows from the seed, the
// number of the step and the place of the draw in the step, and nothing else: no state is kept between steps.
//
// The generator is xoshiro128++ (Blackman and Vigna, Scrambled linear pseudorandom number generators, 2018). It runs
// in JavaScript and fills an input of the session: 1.5 ms for a million numbers, less than the passes over memory
// that the same arithmetic takes as nodes of a graph, and equal on every execution provider.

import type { Elements } from '../graph/buffer.ts';

/** What TensorFlow.js can draw: uniform in [0, 1), standard normal, and standard normal within two deviations. */
export type Distribution = 'uniform' | 'normal' | 'truncated';

const bits = new DataView(new ArrayBuffer(8));

/** A bijection of 32 bits that mixes them well: Murmur3's finalizer. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const LANES = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];

/** The state in which a stream starts: four lanes of 32 bits that each take in all of `names`. */
export function streamState(...names: readonly number[]): Int32Array {
  const state = Int32Array.from(LANES);
  for (const name of names) {
    bits.setFloat64(0, name);
    for (const word of [bits.getInt32(0), bits.getInt32(4)]) {
      for (let lane = 0; lane < 4; lane++)
        state[lane] = mix(state[lane]! + Math.imul(word, LANES[lane]! | 1));
    }
  }
  // All zeros is the one state that xoshiro cannot leave.
  if (!state.some((word) => word !== 0)) state[0] = 1;
  return state;
}

/** A number that stands for elements: equal ones give the same. */
export function hashOf(elements: Elements): number {
  const { buffer, byteOffset, byteLength } = elements;
  const words =
    elements instanceof Uint8Array ? elements : new Int32Array(buffer, byteOffset, byteLength / 4);
  let [low, high] = [LANES[0]!, LANES[1]!];
  for (let i = 0; i < words.length; i++) {
    low = Math.imul(low ^ words[i]!, 0x01000193);
    high = mix(high + words[i]!);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}

/**
 * Fills `out` with uniform numbers in [0, 1), of 24 bits each, by xoshiro128++, and leaves its state of four lanes
 * behind the last of them.
 */
export function fillUniform(out: Float32Array, state: Int32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let i = 0; i < out.length; i++) {
    const sum = (a + d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) | 0;
    out[i] = (result >>> 8) / 0x1000000;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  state.set([a, b, c, d]);
}

/** Numbers are drawn in blocks of this many where a distribution takes more than one uniform number for each. */
const BLOCK = 1024;
const block = new Float32Array(BLOCK);

/** Fills `out` with normal numbers (Box and Muller, 1958); with a `bound`, with those that lie within it. */
function normals(out: Float32Array, state: Int32Array, bound: number): void {
  let filled = 0;
  while (filled < out.length) {
    fillUniform(block, state);
    for (let i = 0; i < BLOCK && filled < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - block[i]!));
      const angle = 2 * Math.PI * block[i + 1]!;
      const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
      if (Math.abs(x) <= bound) out[filled++] = x;
      if (filled < out.length && Math.abs(y) <= bound) out[filled++] = y;
    }
  }
}

/** As TensorFlow.js, which cuts at two deviations. */
const TRUNCATION = 2;

/** Fills `out` with scale * x + offset, x of a distribution; integers are cut towards zero, as TensorFlow.js does. */
export function fillRandom(
  out: Elements,
  distribution: Distribution,
  scale: number,
  offset: number,
  state: Int32Array,
): void {
  const floats = out instanceof Float32Array ? out : new Float32Array(out.length);
  if (distribution === 'uniform') fillUniform(floats, state);
  else normals(floats, state, distribution === 'truncated' ? TRUNCATION : Number.POSITIVE_INFINITY);
  if (scale === 1 && offset === 0 && floats === out) return;
  for (let i = 0; i < out.length; i++) out[i] = scale * floats[i]! + offset;
}
