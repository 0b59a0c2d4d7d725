// Kernels of TensorFlow.js' own cpu backend, in JavaScript, for backends that lack them: their inputs are copied to it,
// and their outputs back.

import '@tensorflow/tfjs-backend-cpu';
import { findBackend, type KernelConfig, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Elements } from '../graph/buffer.ts';

export interface CpuBackend {
  /** Until the first tensor is written, at which it recommends tfjs-node on the terminal. */
  firstUse: boolean;
  readSync(dataId: object): Elements | Uint8Array[];
  makeTensorInfo(shape: readonly number[], dtype: string, values: unknown): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/** How tensors pass between another backend and the cpu backend: each makes a copy on the other side. */
export interface Transfer {
  toCpu(info: TensorInfo, cpu: CpuBackend): TensorInfo;
  fromCpu(info: TensorInfo, cpu: CpuBackend): TensorInfo;
}

/** Ragged kernels take lists of tensors among their inputs. */
type Nested = TensorInfo | readonly Nested[];

/** Computes a kernel of the cpu backend on tensors of another one. Inputs that are undefined are left out. */
export function runCpuKernel(
  { kernelFunc }: KernelConfig,
  inputs: object,
  attrs: object | undefined,
  { toCpu, fromCpu }: Transfer,
): TensorInfo | TensorInfo[] {
  const cpu = findBackend('cpu') as unknown as CpuBackend;
  cpu.firstUse = false;
  const copies: TensorInfo[] = [];
  const copy = (input: Nested): unknown => {
    if (Array.isArray(input)) return input.map(copy);
    const made = toCpu(input as TensorInfo, cpu);
    copies.push(made);
    // Some kernels read what only tensors have.
    return Object.assign(made, { rank: made.shape.length, size: util.sizeFromShape(made.shape) });
  };
  const given = Object.entries(inputs).filter(([, input]) => input);
  const values = Array.isArray(inputs)
    ? inputs.map(copy)
    : Object.fromEntries(given.map(([name, input]) => [name, copy(input as Nested)]));
  const result = kernelFunc({ inputs: values as never, attrs: attrs as never, backend: cpu });
  const list = Array.isArray(result) ? result : [result];
  const outputs = list.map((info) => fromCpu(info, cpu));
  // A kernel may give one of its inputs back.
  for (const info of new Set([...copies, ...list])) cpu.disposeIntermediateTensorInfo(info);
  return Array.isArray(result) ? outputs : outputs[0]!;
}
