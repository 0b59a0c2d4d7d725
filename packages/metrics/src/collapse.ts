// A collapsed run: a network that predicts one class whatever the image shows. With a high learning rate, one step can
// push all units of a layer out of their useful range, after which the output no longer depends on the image.

import { predictedClasses } from './predictions.ts';

export interface Collapsed {
  /** The class that is predicted for nearly all images. */
  class: string;
  /** The share of the predictions that it is. */
  share: number;
  /** What to try, as sentences. */
  advice: string;
}

/** What to try where a regression was solved, which knows neither luck nor steps: other classes are too rare to count. */
export const MORE_OF_RARE =
  'Add images of the other classes, or let each class count as much: --class-weights balanced.';

/** What to try where steps were too long. */
export function lowerRate(learningRate?: number): string {
  const lower = learningRate === undefined ? '' : ` such as ${Number((learningRate / 10).toPrecision(3))}`;
  return `Try another seed, or a lower learning rate${lower}.`;
}

/** A network that predicts one class for at least this share of the images has collapsed. */
const COLLAPSED_SHARE = 0.99;

/**
 * Tells whether (n, units) probabilities are those of a collapsed network: one class is predicted for at least 99% of
 * the images, with no more of them right than if it were predicted for all, although the labels have several classes.
 * Null where it has not collapsed.
 *
 * @param remedy what to try, as a sentence
 */
export function collapsed(
  probabilities: Float32Array,
  units: number,
  labels: Int32Array,
  classes: readonly string[],
  remedy: string = lowerRate(),
): Collapsed | null {
  if (new Set(labels).size < 2) return null;
  const predicted = predictedClasses(probabilities, units);
  const count = (values: Int32Array, k: number) =>
    values.reduce((sum, value) => sum + (value === k ? 1 : 0), 0);
  const predictions = classes.map((_, k) => count(predicted, k));
  const most = predictions.indexOf(Math.max(...predictions));
  const share = predictions[most]! / predicted.length;
  const correct = predicted.reduce((sum, value, i) => sum + (value === labels[i] ? 1 : 0), 0);
  if (share < COLLAPSED_SHARE || correct > count(labels, most)) return null;
  const images =
    share === 1 ? 'Every validation image is' : `${(share * 100).toFixed(1)}% of the validation images are`;
  return {
    class: classes[most]!,
    share,
    advice: `${images} predicted as ${classes[most]}. ${remedy}`,
  };
}
