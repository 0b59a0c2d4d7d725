/** Networks of files: built from their description for the weights that the file holds, and for no more. */
import { SightlineError } from '@sightline/core';
import * as tfl from '@tensorflow/tfjs-layers';
import '../layers/elementwise.ts';
import '../layers/mended.ts';
import '../networks/dropout.ts';

/** How TensorFlow.js' layers make a variable; `fastWeightInitDuringBuild` leaves out drawing what is overwritten. */
interface LayerInternals {
  name: string;
  fastWeightInitDuringBuild: boolean;
  addWeight(name: string, shape: readonly number[], ...rest: unknown[]): unknown;
}

const prototype = tfl.layers.Layer.prototype as unknown as LayerInternals;

/**
 * Build networks whose weights are set afterwards: they begin as zeros. A description that asks for more elements
 * than `stored`, the number that the file holds, is refused before they are allocated.
 *
 * @param path the file, for messages
 * @param build makes layers, and returns without waiting for anything
 * @throws SightlineError `unsupported-layer` where TensorFlow.js does not know a layer, `saved-model` where the
 * description is none that it can build
 */
export function withinStored<T>(path: string, stored: number, build: () => T): T {
  const original = prototype.addWeight;
  let left = stored;
  prototype.addWeight = function (this: LayerInternals, name, shape, ...rest) {
    left -= shape.reduce((product, size) => product * size, 1);
    if (!(left >= 0)) {
      throw new SightlineError(
        'saved-model',
        `${path}: the layer ${this.name} needs a weight ${name} of ${shape.join('x')}, but the file holds ${stored} numbers in all: the file is damaged.`,
      );
    }
    this.fastWeightInitDuringBuild = true;
    return original.call(this, name, shape, ...rest);
  };
  try {
    return build();
  } catch (cause) {
    throw buildError(path, cause);
  } finally {
    prototype.addWeight = original;
  }
}

/** A network from TensorFlow.js' own description; see `withinStored`. */
export function buildStored(path: string, topology: object, stored: number): Promise<tfl.LayersModel> {
  const json = topology as Parameters<typeof tfl.models.modelFromJSON>[0];
  // Layers are made before this call returns; its promise waits for weights, which it is not given.
  return withinStored(path, stored, () => tfl.models.modelFromJSON(json)).catch((cause) => {
    throw buildError(path, cause);
  });
}

function buildError(path: string, cause: unknown): SightlineError {
  if (cause instanceof SightlineError) return cause;
  const [reason] = (cause as Error).message.split('\n');
  const unknown = /Unknown layer: (\S+?)\./.exec(reason!)?.[1];
  return unknown
    ? new SightlineError(
        'unsupported-layer',
        `${path} has a layer ${unknown} that TensorFlow.js does not know: register its class with tf.serialization.registerClass before loading.`,
        { cause },
      )
    : new SightlineError('saved-model', `${path} could not be loaded: ${reason}`, { cause });
}
