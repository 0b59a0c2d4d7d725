/**
 * Completes TensorFlow.js' WebGPU backend: kernels that it lacks, or computes wrongly, are computed by the cpu backend,
 * their inputs read from the GPU and their outputs written back.
 */

import '@tensorflow/tfjs-backend-cpu';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import {
  type BackendValues,
  findBackend,
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

/**
 * Wrong in TensorFlow.js 4.22. `Cumsum` and `Cumprod` that are both exclusive and reversed count what they should leave
 * out, and `Prod` loses the dimensions that `keepDims` asks for: their gradients are wrong for it. The shader of
 * `Bincount` and `DenseBincount` does not compile, which gives zeros, and the sparse means and sums take any index.
 */
const WRONG = [
  'Bincount',
  'Cumprod',
  'Cumsum',
  'DenseBincount',
  'Prod',
  'SparseSegmentMean',
  'SparseSegmentSum',
];

/** Call once, after the backend's own kernels are registered. */
export function completeKernels(): void {
  // It draws on a canvas, which Node does not have; without it, TensorFlow.js reads the pixels itself.
  unregisterKernel('FromPixels', 'webgpu');
  for (const config of getKernelsForBackend('cpu')) {
    const { kernelName } = config;
    const isRegistered = getKernel(kernelName, 'webgpu') !== undefined;
    if (isRegistered && !WRONG.includes(kernelName)) continue;
    if (isRegistered) unregisterKernel(kernelName, 'webgpu');
    registerKernel({ kernelName, backendName: 'webgpu', kernelFunc: onCpu(config) });
  }
}

/** Inputs of a kernel: tensors, or lists of them, in which ragged kernels take some. */
type Inputs = TensorInfo | readonly Inputs[];

function onCpu(kernel: KernelConfig): KernelConfig['kernelFunc'] {
  return ({ inputs, attrs, backend }) => {
    const gpu = backend as WebGPUBackend;
    const cpu = findBackend('cpu') as MathBackendCPU;
    // At its first use, it recommends tfjs-node on the terminal.
    (cpu as unknown as { firstUse: boolean }).firstUse = false;
    const copies: TensorInfo[] = [];
    const copy = (input: Inputs): unknown => {
      if (Array.isArray(input)) return input.map(copy);
      const { dataId, shape, dtype } = input as TensorInfo;
      const values = gpu.readSync(dataId) as Parameters<MathBackendCPU['makeTensorInfo']>[2];
      const made = cpu.makeTensorInfo(shape, dtype, values);
      copies.push(made);
      // Some kernels read what only tensors have.
      return Object.assign(made, { rank: shape.length, size: shape.reduce((product, n) => product * n, 1) });
    };
    const given = Object.entries(inputs).filter(([, input]) => input);
    const copied = Object.fromEntries(given.map(([name, input]) => [name, copy(input as Inputs)]));
    const result = kernel.kernelFunc({ inputs: copied as typeof inputs, attrs: attrs!, backend: cpu });
    const list = Array.isArray(result) ? result : [result];
    const outputs = list.map(({ dataId, shape, dtype }) =>
      gpu.makeTensorInfo(shape, dtype, cpu.readSync(dataId) as BackendValues as never),
    );
    for (const info of new Set([...copies, ...list])) cpu.disposeIntermediateTensorInfo(info);
    return Array.isArray(result) ? outputs : outputs[0]!;
  };
}
