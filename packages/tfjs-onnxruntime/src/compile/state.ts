// The variables of a compiled step. Each has two arrays that take turns: a step reads one and writes the other.

import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import {
  allocate,
  Buffer,
  type Elements,
  type GraphDType,
  type OnDevice,
  sizeFromShape,
} from '../graph/buffer.ts';

/** Every variable that TensorFlow.js knows now. */
export function registeredVariables(): Variable[] {
  return Object.values(engine().state.registeredVariables);
}

const arrays = new WeakMap<Variable, [Elements, Elements]>();
/** The buffer that an array of a variable's was last the value of: a clone of the variable may be left with it. */
const owners = new WeakMap<Elements, Buffer>();

const newArray = (variable: Variable): Elements =>
  allocate(variable.dtype as GraphDType, sizeFromShape(variable.shape));

/** An array of the variable's own that holds neither its value nor that of any other tensor. */
export function spareArray(backend: OnnxRuntimeBackend, variable: Variable): Elements {
  const current = backend.buffer(variable.dataId);
  let pair = arrays.get(variable);
  if (!pair) {
    pair = [newArray(variable), newArray(variable)];
    arrays.set(variable, pair);
  }
  const spare = pair[0] === current.elements ? pair[1] : pair[0];
  release(spare, current);
  return spare;
}

/** Gives a variable the value that a step has written for it. */
export const setValue = (backend: OnnxRuntimeBackend, variable: Variable, elements: Elements): void =>
  hold(backend, variable, elements);

/** Gives a variable the value that a step has left on the GPU, and frees the one before, unless a clone still has it. */
export function setOnDevice(backend: OnnxRuntimeBackend, variable: Variable, value: OnDevice): void {
  const buffer = backend.buffer(variable.dataId);
  const { own, isAlone } = ownBuffer(buffer, variable);
  if (isAlone) buffer.onDevice?.tensor.dispose();
  own.onDevice = value;
  if (!isAlone) assign(variable, makeTensor(backend, own));
}

/** Has a variable keep its value in `home`, alone, so that it can be changed in place. */
export function moveIn(backend: OnnxRuntimeBackend, variable: Variable, home: Elements): void {
  const buffer = backend.buffer(variable.dataId);
  const elements = backend.elements(buffer);
  if (elements !== home) {
    release(home, buffer);
    home.set(elements);
  } else if (buffer.refCount === 1) return;
  // Another tensor shares the value, and keeps it.
  else buffer.elements = home.slice();
  hold(backend, variable, home);
}

/**
 * Gives a variable data of its own, in its own shape: it may share those of the tensor that was reshaped for it, of a
 * clone, of another variable that was assigned to it. A trace must tell from each other what changes at other times.
 */
export function unalias(backend: OnnxRuntimeBackend, variable: Variable): void {
  const buffer = backend.buffer(variable.dataId);
  const isAlone = buffer.refCount === 1 && buffer.shape.join() === variable.shape.join();
  if (isAlone || buffer.strings) return;
  const elements = backend.elements(buffer).slice();
  assign(variable, makeTensor(backend, new Buffer(variable.dtype, variable.shape, elements)));
}

/** Leaves an array that is about to be overwritten to `next`: who else holds it gets a copy. */
function release(array: Elements, next: Buffer): void {
  const owner = owners.get(array);
  if (owner && owner !== next && owner.refCount > 0 && owner.elements === array)
    owner.elements = array.slice();
}

/** Puts an array that holds a variable's value in the place of the one before. */
function hold(backend: OnnxRuntimeBackend, variable: Variable, elements: Elements): void {
  const { own, isAlone } = ownBuffer(backend.buffer(variable.dataId), variable);
  own.elements = elements;
  own.rewritten = true;
  owners.set(elements, own);
  if (!isAlone) assign(variable, makeTensor(backend, own));
}

/** A buffer that a variable has alone: the one that it has, or a new one. */
function ownBuffer(buffer: Buffer, { dtype, shape }: Variable): { own: Buffer; isAlone: boolean } {
  const isAlone = buffer.refCount === 1 && !buffer.call;
  return { own: isAlone ? buffer : new Buffer(dtype, shape, undefined), isAlone };
}

/** A tensor over a buffer. */
export function makeTensor(backend: OnnxRuntimeBackend, buffer: Buffer): Tensor {
  return engine().makeTensorFromTensorInfo(backend.adopt(buffer), backend);
}

/** Points a variable to a tensor's data, and lets go of the tensor. */
export function assign(variable: Variable, tensor: Tensor): void {
  variable.assign(tensor as never);
  tensor.dispose();
}
