// Kernels that ONNX has no good form for are computed by TensorFlow.js' own cpu backend, in JavaScript: their inputs
// are read, which ends the graph there, and their outputs written back. None that a network's training step uses
// is among them.

import { SightlineError } from '@sightline/core';
import { getKernel, getKernelsForBackend, type TensorInfo } from '@tensorflow/tfjs-core';
import { Buffer, type Elements } from '../graph/buffer.ts';
import type { Attributes } from '../lowering/lowering.ts';
import type { OnnxRuntimeBackend } from './backend.ts';
import { type CpuBackend, runCpuKernel } from './cpu-kernel.ts';
import { userLine } from './user-line.ts';

export const cpuKernels = (): string[] => getKernelsForBackend('cpu').map((config) => config.kernelName);

/** Computes a kernel on the cpu backend. Throws SightlineError in a compiled step, where values are not known. */
export function runOnCpu(
  backend: OnnxRuntimeBackend,
  kernel: string,
  inputs: Record<string, TensorInfo> | TensorInfo[],
  attributes: Attributes,
): TensorInfo | TensorInfo[] {
  const config = getKernel(kernel, 'cpu');
  if (!config) {
    throw new SightlineError(
      'unsupported',
      `The kernel ${kernel} has neither a lowering to ONNX nor a cpu version.`,
    );
  }
  return runCpuKernel(config, inputs, attributes, {
    toCpu: (info, cpu) => toCpu(backend, cpu, kernel, info),
    fromCpu: (info, cpu) => fromCpu(backend, cpu, info),
  });
}

/** Throws where a kernel that runs in JavaScript is given what is known only when a compiled step runs. */
export function requireKnown(backend: OnnxRuntimeBackend, kernel: string, info: TensorInfo): void {
  const buffer = backend.buffer(info.dataId);
  if (buffer.strings || !backend.isUnknown(buffer)) return;
  throw new SightlineError(
    'not-compilable',
    `A compiled step calls ${kernel} on ${info.dtype}[${info.shape.join()}] ${userLine()}, which has no form in ONNX and ` +
      'is computed in JavaScript, from values that are known only when the step runs: call it outside of the step.',
  );
}

function toCpu(backend: OnnxRuntimeBackend, cpu: CpuBackend, kernel: string, info: TensorInfo): TensorInfo {
  requireKnown(backend, kernel, info);
  const buffer = backend.buffer(info.dataId);
  if (info.dtype !== 'complex64') {
    const values = buffer.strings ?? backend.elements(buffer);
    return cpu.makeTensorInfo(info.shape, info.dtype, values);
  }
  const pairs = backend.elements(buffer) as Float32Array;
  const [real, imag] = [0, 1].map((part) =>
    cpu.makeTensorInfo(
      info.shape,
      'float32',
      Float32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + part]!),
    ),
  );
  return getKernel('Complex', 'cpu').kernelFunc({
    inputs: { real: real!, imag: imag! },
    attrs: {},
    backend: cpu as never,
  }) as TensorInfo;
}

function fromCpu(backend: OnnxRuntimeBackend, cpu: CpuBackend, info: TensorInfo): TensorInfo {
  const values = cpu.readSync(info.dataId);
  const buffer = new Buffer(info.dtype, info.shape, undefined);
  // A kernel may give one of its inputs back: the copy keeps both apart.
  if (info.dtype === 'string') buffer.strings = [...(values as Uint8Array[])];
  else if (info.dtype === 'float32' || info.dtype === 'complex64')
    buffer.elements = Float32Array.from(values as Elements);
  else if (info.dtype === 'int32') buffer.elements = Int32Array.from(values as Elements);
  else buffer.elements = Uint8Array.from(values as Elements);
  return backend.adopt(buffer);
}
