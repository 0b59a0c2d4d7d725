/** Layers of Keras' files with variables, and which variable is whose. */
import type * as tfl from '@tensorflow/tfjs-layers';

export interface Variable {
  /** Its own name in its layer: `kernel`, `moving_mean`. */
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

/** A layer of the file that may have variables: where they are, and the layer that gets them. */
export interface StoredLayer {
  /** Names from the outermost model to the layer; classes likewise. */
  readonly names: readonly string[];
  /** In the group names of a `.keras` file, from the outermost model: `['sequential_1', 'conv2d']`. */
  readonly groups: readonly string[];
  readonly layer: tfl.layers.Layer;
  readonly isTrainable: boolean;
  /** In TensorFlow.js' order, from Keras'. */
  readonly variables: (variables: readonly Variable[]) => Variable[];
}

/**
 * The variables of each layer from those of its model's group in a `.h5` file: trainable ones first, then the others,
 * each in the order of layers.
 */
export function distribute(
  stored: readonly StoredLayer[],
  variables: readonly Variable[],
): Map<StoredLayer, Variable[]> {
  const order = [true, false].flatMap((trainable) =>
    stored.flatMap((entry) =>
      entry.layer.weights
        .map((weight, slot) => ({
          entry,
          slot,
          trainable: entry.isTrainable && isTrained(weight.originalName),
        }))
        .filter((item) => item.trainable === trainable),
    ),
  );
  const result = new Map(stored.map((entry) => [entry, [] as Variable[]]));
  const arrays = variables.filter((variable) => !isCounter(variable));
  order.forEach(({ entry, slot }, i) => {
    const variable = arrays[i];
    if (variable) result.get(entry)![slot] = variable;
  });
  return result;
}

/** Of Keras' Normalization: how many values its statistics were taken of, which no layer of TensorFlow.js has. */
const isCounter = ({ name, shape }: Variable): boolean => name === 'count' && shape.length === 0;

const isTrained = (name: string): boolean => !/moving_(mean|variance)/.test(name);
