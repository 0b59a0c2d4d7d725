// Tensors in nested arrays and records, as TensorFlow.js' tidy takes and gives them.

import { Tensor, type TensorContainer } from '@tensorflow/tfjs-core';

/** The tensors of a container, in order. */
export function flatten(container: TensorContainer): Tensor[] {
  const tensors: Tensor[] = [];
  rebuild(container, (tensor) => {
    tensors.push(tensor);
    return tensor;
  });
  return tensors;
}

/** The same container with each tensor replaced. */
export function rebuild(container: TensorContainer, replace: (tensor: Tensor) => Tensor): TensorContainer {
  if (container instanceof Tensor) return replace(container);
  if (Array.isArray(container)) return container.map((item) => rebuild(item, replace)) as TensorContainer;
  if (container !== null && typeof container === 'object') {
    return Object.fromEntries(
      Object.entries(container as Record<string, TensorContainer>).map(([key, item]) => [
        key,
        rebuild(item, replace),
      ]),
    ) as TensorContainer;
  }
  return container;
}
