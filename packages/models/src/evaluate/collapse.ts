// A collapsed run: a network that gives every image the same class. With a high learning rate a step can throw
// all of a layer's units out of their useful range, after which the output no longer depends on the image.

import { predictedClasses } from './predictions.ts';

export interface Collapse {
  /** The class that every image got. */
  readonly class: string;
  /** The share of images that really are of that class. */
  readonly share: number;
  /** What to try, as sentences. */
  readonly advice: string;
}

/**
 * Says whether all rows of (n, units) probabilities are given one class, although the labels have more than one;
 * null where they are not.
 */
export function collapsed(
  probabilities: Float32Array,
  units: number,
  labels: Int32Array,
  classes: readonly string[],
  learningRate?: number,
): Collapse | null {
  const predicted = predictedClasses(probabilities, units);
  const only = predicted[0];
  if (only === undefined || predicted.some((p) => p !== only) || new Set(labels).size < 2) return null;
  const share = labels.reduce((sum, label) => sum + (label === only ? 1 : 0), 0) / labels.length;
  const lower = learningRate === undefined ? '' : ` such as ${Number((learningRate / 10).toPrecision(3))}`;
  return {
    class: classes[only]!,
    share,
    advice: `Every validation image is called ${classes[only]}. Try another seed, or a lower learning rate${lower}.`,
  };
}
