import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstKernels } from '@sightline/backbone';
import { notop } from '@sightline/vgg16-weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadVgg16 } from './vgg16.ts';
import { loadWeights } from './weights.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vgg16-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('loadWeights', () => {
  it('gives the parameters that the layer table counts, and says where they are from', async () => {
    const { tensors, origin } = await loadWeights('embedded', 'none');
    expect([...tensors.values()].reduce((sum, t) => sum + t.data.length, 0)).toBe(notop.parameters);
    expect(origin).toContain('torchvision');
  });

  it('names a file that is not there', async () => {
    const path = join(folder, 'none.safetensors');
    await expect(loadWeights(path, 'none')).rejects.toMatchObject({
      code: 'weights',
      message: `VGG16's weights cannot be read from ${path}: there is no such file.`,
    });
  });

  it('says where a file was cut off', async () => {
    const path = join(folder, 'cut.safetensors');
    await writeFile(path, (await readFile(fileURLToPath(notop.url))).subarray(0, 20_000_000));
    await expect(loadWeights(path, 'none')).rejects.toThrow(
      /is not a whole safetensors file: its tensor block5_conv/,
    );
  });

  it('names the first tensor that another network lacks', async () => {
    const keras = new URL('./keras.safetensors', import.meta.url);
    await expect(loadWeights(fileURLToPath(keras), 'none')).rejects.toThrow(
      /must hold block1_conv1.weight as float16 or float32 \[64, 3, 3, 3\], but it is not there\.$/,
    );
  });
});

// The values of the weights’ own description, OIHW [0, 0, 0, :], before they were rounded to float16.
it('the first kernels are row, column, channel, kernel', async () => {
  const { data, shape } = firstKernels(await loadVgg16());
  expect(shape).toEqual([3, 3, 3, 64]);
  const at = (row: number, column: number, channel: number, kernel: number) =>
    data[((row * 3 + column) * 3 + channel) * 64 + kernel]!;
  expect([0, 1, 2].map((column) => at(0, column, 0, 0))).toEqual([
    expect.closeTo(-0.5537, 3),
    expect.closeTo(0.1427, 3),
    expect.closeTo(0.529, 3),
  ]);
});
