// Rows for tests: noise with one bright channel, which a small network can tell classes by.

import type { LabelledArray } from '@sightline/data';

/** `rows` images of size x size x 3 in [0, 1), classes in turn: `class0`, `class1`. */
export function stripes(rows: number, size: number, classes: number, seed = 1): LabelledArray {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const width = size * size * 3;
  const data = Float32Array.from({ length: rows * width }, (_, i) => {
    const bright = i % 3 === labels[Math.floor(i / width)]! % 3;
    // As 8-bit images have them, so that a round trip over bytes is exact.
    return Math.round((0.6 * random() + (bright ? 0.25 : 0.1)) * 255) / 255;
  });
  return {
    data,
    shape: [rows, size, size, 3],
    labels,
    classes: Array.from({ length: classes }, (_, k) => `class${k}`),
  };
}
