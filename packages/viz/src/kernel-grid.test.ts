import { expect, test } from 'vitest';
import { grayGrid, kernelGrid, kernelImage } from './kernel-grid.ts';
import { expectPicture } from './picture-snapshot.ts';

/** Two kernels of 1 x 2 x 3: weights in the order [height, width, channels, kernels]. */
const kernels = Float32Array.of(
  0.5,
  0.0005,
  -0.25,
  -0.0004,
  0,
  0, // left pixel: red, green, blue, of kernel 0 and kernel 1
  -1,
  0,
  0.25,
  0,
  0.125,
  0,
);
const shape = [1, 2, 3, 2];

test('the positive part is divided by its own maximum', () => {
  expect([...kernelImage(kernels, shape, 0, 'positive').data]).toEqual([255, 0, 0, 0, 128, 64]);
});

test('the negative part is the same with the signs turned', () => {
  expect([...kernelImage(kernels, shape, 0, 'negative').data]).toEqual([0, 64, 0, 255, 0, 0]);
});

test('a maximum of at most 1e-3 is not divided by, so that noise stays black', () => {
  expect([...kernelImage(kernels, shape, 1, 'positive').data]).toEqual([0, 0, 0, 0, 0, 0]);
});

test('a kernel of one channel is gray', () => {
  const gray = kernelImage(Float32Array.of(0.5, 1), [1, 2, 1, 1], 0, 'positive');
  expect([...gray.data]).toEqual([128, 128, 128, 255, 255, 255]);
});

test('a grid has a tile for each kernel, transparent between them', () => {
  const grid = kernelGrid(kernels, shape, 'positive', { scale: 2, gap: 1 });
  expect([grid.width, grid.height, grid.channels]).toEqual([2 * 4 + 1, 2, 4]);
  const pixel = (x: number, y: number) => [
    ...grid.data.subarray((y * grid.width + x) * 4, (y * grid.width + x) * 4 + 4),
  ];
  expect(pixel(1, 1)).toEqual([255, 0, 0, 255]);
  expect(pixel(2, 0)).toEqual([0, 128, 64, 255]);
  expect(pixel(4, 0)).toEqual([0, 0, 0, 0]);
});

test('32 kernels of 5 x 5 x 3 stand in four rows of eight', () => {
  // A bank that looks like a trained one: oriented waves in different colors.
  const bank = new Float32Array(5 * 5 * 3 * 32);
  for (let n = 0; n < 32; n++) {
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 5; x++) {
        for (let c = 0; c < 3; c++) {
          const angle = (n * Math.PI) / 8;
          const wave = Math.sin(
            (x - 2) * Math.cos(angle) * (1 + (n % 3)) + (y - 2) * Math.sin(angle) + c * (n >> 3),
          );
          bank[((y * 5 + x) * 3 + c) * 32 + n] = wave * 0.2;
        }
      }
    }
  }
  const grid = kernelGrid(bank, [5, 5, 3, 32], 'positive');
  expect([grid.width, grid.height]).toEqual([8 * 44 - 4, 4 * 44 - 4]);
  expectPicture(grid, 'kernels-positive.png');
});

test('kernels that no picture shows are refused with their shape', () => {
  expect(() => kernelGrid(new Float32Array(9 * 64), [3, 3, 64, 1], 'positive')).toThrow(
    '[height, width, 1 or 3 channels, kernels], not [3, 3, 64, 1]',
  );
  expect(() => kernelGrid(new Float32Array(5), shape, 'positive')).toThrow('are 12 numbers, but 5 came');
});

test('channels of activations stand side by side, each from black to white, and a constant one is black', () => {
  // Two rows of one place; the channels 0 to 2.
  const activations = Float32Array.of(-1, 5, 7, 3, 5, 8);
  const grid = grayGrid(activations, [2, 1, 3], { channels: [0, 2, 1], columns: 2, gap: 1 });
  expect([grid.width, grid.height]).toEqual([3, 5]);
  const w = 255;
  expect([...grid.data]).toEqual([0, w, 0, w, w, w, w, w, w, 0, w, w, 0, w, w]);
  expect(() => grayGrid(activations, [2, 1, 3], { channels: [3], columns: 1 })).toThrow(
    'a channel beyond them',
  );
});
