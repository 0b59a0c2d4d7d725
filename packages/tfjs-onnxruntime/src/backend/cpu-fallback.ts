// Kernels that ONNX has no good form for are computed by TensorFlow.js' own cpu backend, in JavaScript: their inputs
// are read, which ends the graph there, and their outputs written back. None that a network's training step uses
// is among them.

import { SightlineError } from '@sightline/core';
import '@tensorflow/tfjs-backend-cpu';
import {
  type DataId,
  findBackend,
  getKernel,
  getKernelsForBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { Buffer, type Elements, sizeFromShape } from '../graph/buffer.ts';
import type { Attributes } from '../lowering/lowering.ts';
import type { OnnxRuntimeBackend } from './backend.ts';
import { userLine } from './user-line.ts';

interface CpuBackend {
  /** Until the first tensor is written, at which it recommends tfjs-node on the terminal. */
  firstUse: boolean;
  readSync(dataId: DataId): Elements | Uint8Array[];
  makeTensorInfo(shape: readonly number[], dtype: string, values: unknown): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/** Ragged kernels take lists of tensors among their inputs. */
type Nested = TensorInfo | Nested[];

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
  const cpu = findBackend('cpu') as unknown as CpuBackend;
  cpu.firstUse = false;
  const copies: TensorInfo[] = [];
  const copy = (info: Nested): Nested => {
    if (Array.isArray(info)) return info.map(copy);
    const made = toCpu(backend, cpu, kernel, info);
    copies.push(made);
    // Some of its kernels read what only tensors have.
    return Object.assign(made, { rank: made.shape.length, size: sizeFromShape(made.shape) });
  };
  const values = Array.isArray(inputs)
    ? inputs.map(copy)
    : Object.fromEntries(
        Object.entries(inputs)
          .filter(([, info]) => info)
          .map(([name, info]) => [name, copy(info)]),
      );
  const result = config.kernelFunc({
    inputs: values as never,
    attrs: attributes as never,
    backend: cpu as never,
  });
  const list = Array.isArray(result) ? result : [result];
  const outputs = list.map((info) => fromCpu(backend, cpu, info as TensorInfo));
  for (const info of new Set([...copies, ...(list as TensorInfo[])])) cpu.disposeIntermediateTensorInfo(info);
  return Array.isArray(result) ? outputs : outputs[0]!;
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
