/**
 * Completes TensorFlow.js' WebGPU backend: kernels that it lacks, or computes wrongly, are computed by the cpu backend,
 * their inputs read from the GPU and their outputs written back.
 */

import { runCpuKernel } from '@sightline/tfjs-onnxruntime/cpu-kernel';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import {
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  registerKernel,
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

const onCpu =
  (kernel: KernelConfig): KernelConfig['kernelFunc'] =>
  ({ inputs, attrs, backend }) => {
    const gpu = backend as WebGPUBackend;
    return runCpuKernel(kernel, inputs, attrs, {
      toCpu: ({ dataId, shape, dtype }, cpu) => cpu.makeTensorInfo(shape, dtype, gpu.readSync(dataId)),
      fromCpu: ({ dataId, shape, dtype }, cpu) =>
        gpu.makeTensorInfo(shape, dtype, cpu.readSync(dataId) as never),
    });
  };
