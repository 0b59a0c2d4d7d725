import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import '../index.ts';
import { LOWERINGS } from '../lowering/index.ts';
import { cpuKernels } from './cpu-fallback.ts';
import { COUNTED } from './known-values.ts';

it('the README lists the kernels that are handed to the cpu backend, and no others', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const from = readme.indexOf('Kernels that ONNX has no good form for');
  const table = readme.slice(from, readme.indexOf('Each ends the graph', from));
  const listed = [...table.matchAll(/`(\w+)`/g)].map(([, kernel]) => kernel!);
  const handedOver = cpuKernels().filter((kernel) => !LOWERINGS[kernel] && !COUNTED[kernel]);
  expect(listed.sort()).toEqual(handedOver.sort());
});

it('does not recommend tfjs-node on the terminal', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await tf.setBackend('onnxruntime');
  tf.unique(tf.tensor1d([1, 1])).values.dataSync();
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
