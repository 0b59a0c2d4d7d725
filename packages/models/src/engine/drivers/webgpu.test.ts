import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { useSoftwareGpu } from '@sightline/chromium/software-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { selectEngine } from '../select.ts';

useSoftwareGpu();

const fault = await selectEngine('webgpu').then(
  () => undefined,
  (error: Error) => error.message,
);

describe.skipIf(fault)(`reading from the GPU${fault ? `: SKIPPED, ${fault}` : ''}`, () => {
  beforeEach(async () => {
    await selectEngine('webgpu');
  });

  it('dataSync has its values while data() of other tensors is under way', async () => {
    const x = tf.range(0, 5000);
    const [squares, negated, sum] = [tf.square(x), tf.neg(x), tf.sum(x)];
    const later = [squares.data(), negated.data()];
    expect(sum.dataSync()[0]).toBe((5000 * 4999) / 2);
    expect(negated.dataSync()[4999]).toBe(-4999);
    const [got] = await Promise.all(later);
    expect(got![70]).toBe(4900);
  });

  it('data() has the values of a tensor that is disposed meanwhile, whose memory is then freed', async () => {
    const x = tf.range(0, 2000);
    const before = tf.memory().numDataBuffers;
    const squares = tf.square(x);
    const reads = [squares.data(), squares.data()];
    squares.dispose();
    for (const values of await Promise.all(reads)) expect(values[9]).toBe(81);
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('gives each element type, complex numbers and strings', () => {
    const large = tf.range(0, 3000, 1, 'int32');
    expect(tf.add(large, tf.scalar(1, 'int32')).dataSync().subarray(0, 3)).toEqual(Int32Array.of(1, 2, 3));
    expect([...tf.less(large, 2).dataSync().subarray(0, 3)]).toEqual([1, 1, 0]);
    const complex = tf.complex(tf.ones([2000]), tf.range(0, 2000));
    expect([...tf.mul(complex, complex).dataSync().subarray(4, 6)]).toEqual([-3, 4]);
    expect(tf.tensor(['a', 'b']).dataSync()).toEqual(['a', 'b']);
  });

  it('computes on cpu what its backend lacks, and what it computes wrongly', () => {
    const { values, indices } = tf.unique(tf.tensor1d([3, 1, 3, 2]));
    expect([[...values.dataSync()], [...indices.dataSync()]]).toEqual([
      [3, 1, 2],
      [0, 1, 0, 2],
    ]);
    expect(tf.string.stringSplit(tf.tensor1d(['a b']), ' ').values!.dataSync()).toEqual(['a', 'b']);
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...tf.cumsum(x, 1, true, true).dataSync()]).toEqual([2, 0, 4, 0]);
    expect([...tf.cumprod(x, 1, true, true).dataSync()]).toEqual([2, 1, 4, 1]);
    expect(tf.prod(x, 1, true).shape).toEqual([2, 1]);
  });

  it('a process that used it ends by itself', async () => {
    const program = `
      import { useSoftwareGpu } from '@sightline/chromium/software-gpu';
      import * as tf from '@tensorflow/tfjs-core';
      import { selectEngine } from './select.ts';
      useSoftwareGpu();
      await selectEngine('webgpu');
      console.log(tf.sum(tf.ones([3000])).dataSync()[0]);`;
    const args = ['--conditions=@sightline/source', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    expect(stdout.trim()).toBe('3000');
  });
});

describe('what is missing', () => {
  beforeEach(() => {
    vi.resetModules();
  });
  afterEach(() => {
    vi.doUnmock('webgpu');
  });
  const select = async () => (await import('../select.ts')).selectEngine('webgpu');

  it('packages: both are named, with the command', async () => {
    vi.doMock('webgpu', () => {
      throw Object.assign(new Error("Cannot find package 'webgpu'"), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    await expect(select()).rejects.toThrow(
      /needs the packages webgpu and @tensorflow\/tfjs-backend-webgpu, .*: run npm install webgpu @tensorflow\/tfjs-backend-webgpu, or choose/,
    );
  });

  it('a GPU', async () => {
    vi.doMock('webgpu', () => ({ globals: {}, create: () => ({ requestAdapter: async () => null }) }));
    await expect(select()).rejects.toThrow(/no GPU was found: it needs one with a Vulkan, Metal or/);
  });
});
