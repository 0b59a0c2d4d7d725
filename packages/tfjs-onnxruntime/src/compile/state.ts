// The variables of a compiled step. Each has two arrays that take turns: a step reads one and writes the other.

import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend/backend.ts';
import { allocate, Buffer, type Elements, type GraphDType, sizeFromShape } from '../graph/buffer.ts';

/** Every variable that TensorFlow.js knows now. */
export function registeredVariables(): Variable[] {
  return Object.values(engine().state.registeredVariables);
}

const arrays = new WeakMap<Variable, [Elements, Elements]>();

const newArray = (variable: Variable): Elements =>
  allocate(variable.dtype as GraphDType, sizeFromShape(variable.shape));

/** An array of the variable's own that does not hold its value now. */
export function spareArray(variable: Variable, current: Elements): Elements {
  let pair = arrays.get(variable);
  if (!pair) {
    pair = [newArray(variable), newArray(variable)];
    arrays.set(variable, pair);
  }
  return pair[0] === current ? pair[1] : pair[0];
}

/** Gives a variable the value that a step has written for it. */
export function setValue(backend: OnnxRuntimeBackend, variable: Variable, elements: Elements): void {
  const isAlone = hold(backend, variable, elements);
  // Another tensor keeps the old value, and its array with it.
  if (!isAlone) arrays.set(variable, [elements, newArray(variable)]);
}

/** Has a variable keep its value in `home`, alone, so that it can be changed in place. */
export function moveIn(backend: OnnxRuntimeBackend, variable: Variable, home: Elements): void {
  const buffer = backend.buffer(variable.dataId);
  const elements = backend.elements(buffer);
  if (elements !== home) home.set(elements);
  else if (buffer.refCount === 1) return;
  // Another tensor shares the value, and keeps it.
  else buffer.elements = home.slice();
  hold(backend, variable, home);
}

/** Puts an array that holds a variable's value in the place of the one before; whether no other tensor had that. */
function hold(backend: OnnxRuntimeBackend, variable: Variable, elements: Elements): boolean {
  const buffer = backend.buffer(variable.dataId);
  const isAlone = buffer.refCount === 1 && !buffer.call;
  const own = isAlone ? buffer : new Buffer(variable.dtype, variable.shape, undefined);
  own.elements = elements;
  own.rewritten = true;
  if (!isAlone) assign(variable, makeTensor(backend, own));
  return isAlone;
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
