// Registers the backend and its kernels with TensorFlow.js, one way for all: a kernel with a lowering is recorded,
// every other that the cpu backend has is handed to it.

import { SightlineError } from '@sightline/core';
import type { SessionOptions } from '@sightline/ort';
import {
  backend_util,
  findBackend,
  type KernelFunc,
  registerBackend,
  registerKernel,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { Buffer } from '../graph/buffer.ts';
import { LOWERINGS } from '../lowering/index.ts';
import type { Attributes } from '../lowering/lowering.ts';
import { OnnxRuntimeBackend } from './backend.ts';
import { cpuKernels, requireKnown, runOnCpu } from './cpu-fallback.ts';
import { COUNTED, castIndices, gatherRows, sliceOfRows } from './known-values.ts';

export const BACKEND = 'onnxruntime';

const GRAPH_DTYPES = new Set(['float32', 'int32', 'bool']);

/** Whether a call can be recorded: strings and complex numbers are left to the cpu backend. */
function isGraphCall(inputs: readonly (readonly [string, TensorInfo])[], attributes: Attributes): boolean {
  const { dtype } = attributes as { dtype?: string };
  if (dtype !== undefined && !GRAPH_DTYPES.has(dtype)) return false;
  return inputs.every(([, info]) => GRAPH_DTYPES.has(info.dtype));
}

type Kernel = (
  backend: OnnxRuntimeBackend,
  inputs: Record<string, TensorInfo>,
  attributes: Attributes,
) => TensorInfo;

/** A tensor over the same elements. */
const alias: Kernel = (backend, { x }) => {
  backend.incRef(x!.dataId);
  return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
};

/** Kernels that are computed when they are called, or compute nothing. */
const SPECIAL: Readonly<Record<string, Kernel | undefined>> = {
  Identity: alias,
  Reshape: (backend, { x }, attributes) => {
    const size = util.sizeFromShape(x!.shape);
    const shape = util.inferFromImplicitShape(attributes.shape, size);
    util.assert(
      util.sizeFromShape(shape) === size,
      () => `Reshape: the shape [${shape}] does not hold the ${size} elements of [${x!.shape}].`,
    );
    return { ...alias(backend, { x: x! }, {}), shape };
  },
  ...Object.fromEntries(
    Object.entries(COUNTED).map(([kernel, count]): [string, Kernel] => [
      kernel,
      (backend, _, attributes) => backend.adopt(count(attributes)),
    ]),
  ),
  Complex: (backend, { real, imag }) => {
    for (const part of [real!, imag!]) requireKnown(backend, 'Complex', part);
    const [a, b] = [
      backend.elements(backend.buffer(real!.dataId)),
      backend.elements(backend.buffer(imag!.dataId)),
    ];
    const pairs = new Float32Array(2 * a.length);
    a.forEach((value, i) => {
      pairs[2 * i] = value;
      pairs[2 * i + 1] = b[i]!;
    });
    return backend.adopt(new Buffer('complex64', real!.shape, pairs));
  },
};

/**
 * Indices that are known are checked when they are used, as TensorFlow.js does; on those of a graph that has not
 * run yet ONNX Runtime fails.
 */
function checkIndices(
  backend: OnnxRuntimeBackend,
  inputs: Record<string, TensorInfo>,
  attributes: Attributes,
): void {
  const { elements, placeholder } = backend.buffer(inputs.indices!.dataId);
  if (!elements || placeholder) return;
  const { shape } = inputs.x!;
  const dim = shape[(attributes.axis as number) < 0 ? attributes.axis + shape.length : attributes.axis]!;
  const wrong = elements.find((index) => index < 0 || index >= dim);
  if (wrong !== undefined) {
    throw new SightlineError('lowering', `GatherV2: the index value ${wrong} is not in [0, ${dim - 1}].`);
  }
}

/** Throws what TensorFlow.js throws, word by word, for an equation that does not fit its inputs. */
function checkEquation(equation: string, inputs: readonly (readonly [string, TensorInfo])[]): void {
  const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, inputs.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, inputs.map(([, info]) => info) as never);
}

/** What takes a batch out of a data set that is known already: rows, and the numbers of rows. */
function knownResult(
  backend: OnnxRuntimeBackend,
  kernel: string,
  { x, indices }: Record<string, TensorInfo>,
  attributes: Attributes,
): Buffer | undefined {
  const elements = (info: TensorInfo) => backend.buffer(info.dataId, kernel).elements;
  if (kernel === 'Slice') return sliceOfRows(elements(x!), x!, attributes);
  if (kernel === 'Cast') return castIndices(elements(x!), x!, attributes);
  if (kernel === 'GatherV2') return gatherRows(elements(x!), x!, elements(indices!), indices!, attributes);
  return undefined;
}

function kernelFunc(kernel: string): KernelFunc {
  const special = SPECIAL[kernel];
  return ({ inputs, attrs, backend }) => {
    const own = backend as OnnxRuntimeBackend;
    const attributes = (attrs ?? {}) as Attributes;
    if (special) return special(own, inputs as Record<string, TensorInfo>, attributes);
    const named = Object.entries(inputs as Record<string, TensorInfo | undefined>).filter(
      (entry): entry is [string, TensorInfo] => entry[1] !== undefined && entry[1] !== null,
    );
    if (!LOWERINGS[kernel] || !isGraphCall(named, attributes)) {
      return runOnCpu(own, kernel, inputs as Record<string, TensorInfo>, attributes);
    }
    if (kernel === 'Cast' && named[0]![1].dtype === attributes.dtype)
      return alias(own, { x: named[0]![1] }, attributes);
    if (kernel === 'Einsum') checkEquation(attributes.equation, named);
    if (kernel === 'GatherV2') checkIndices(own, inputs as Record<string, TensorInfo>, attributes);
    const known = own.isTracing
      ? undefined
      : knownResult(own, kernel, inputs as Record<string, TensorInfo>, attributes);
    if (known) return own.adopt(known);
    const outputs = own.record(kernel, named, attributes);
    return outputs.length === 1 && !LISTS.has(kernel) ? outputs[0]! : outputs;
  };
}

/** Kernels whose result is a list even when it holds one tensor. */
const LISTS = new Set(['SplitV', 'Unpack', 'TopK']);

let registered = false;
let options: SessionOptions = { provider: 'cpu' };

/** Has the backend open its sessions so from now on. */
export function useOptions(wanted: SessionOptions): void {
  options = wanted;
  const made = findBackend(BACKEND) as OnnxRuntimeBackend | null;
  if (made) made.executor.options = wanted;
}

/** Makes `onnxruntime` known to TensorFlow.js; a second call does nothing. */
export function registerOnnxRuntime(): void {
  if (registered) return;
  registered = true;
  registerBackend(BACKEND, () => new OnnxRuntimeBackend(options), 4);
  const kernels = new Set([...Object.keys(LOWERINGS), ...Object.keys(SPECIAL), ...cpuKernels()]);
  for (const kernelName of kernels) {
    registerKernel({ kernelName, backendName: BACKEND, kernelFunc: kernelFunc(kernelName) });
  }
}
