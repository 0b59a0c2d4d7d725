// The head of the transfer recipe: multinomial logistic regression on standardized features. Cross-validation chooses
// the strength of its penalty, and gives probabilities of every image by heads that were not trained on it; from them
// come calibration, suspects and the learning curve.

import { setImmediate } from 'node:timers/promises';
import { SightlineError } from '@sightline/core';
import { NEVER, stratifiedFolds, trainingRows } from './folds.ts';
import { correctRows, heldOutRows, mean, spread, trainingScores } from './held-out.ts';
import { type LearningCurve, learningCurve, SHARES } from './learning-curve.ts';
import { LogisticRegression, type Solution, type SolveOptions } from './logistic-regression.ts';
import { type Standardization, standardization, standardize } from './standardize.ts';
import { calibrate } from './temperature.ts';

export interface HeadData {
  /** (rows, columns) */
  readonly features: Float32Array;
  readonly columns: number;
  /** The class index of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Rows of one group are held out together. Default: none. */
  readonly groups?: ArrayLike<number>;
}

export interface HeadOptions {
  /** Penalties to choose from, as scikit-learn's C, rising. Default: nine, by the number of features. */
  readonly cs?: readonly number[] | undefined;
  /** Default: 5. */
  readonly folds?: number | undefined;
  readonly seed?: number | undefined;
  /** `balanced` weighs each class by the inverse of its share. Default: every image counts the same. */
  readonly classWeights?: 'balanced' | readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each step of the cross-validation. */
  readonly onStep?: ((step: PenaltyStep) => void) | undefined;
}

/** How one penalty did in the cross-validation. */
export interface PenaltyStep {
  readonly c: number;
  /** On the images that each head was trained on, calibrated as the held-out ones. */
  readonly loss: number;
  readonly accuracy: number;
  /** On the images that were held out, after calibration. */
  readonly heldOutLoss: number;
  readonly heldOutAccuracy: number;
  readonly seconds: number;
}

export interface Head {
  /** (columns, classes) and (classes): softmax(features weights + bias). Standardization and calibration are folded in. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** The chosen penalty, and what its logits are multiplied by. */
  readonly c: number;
  readonly scale: number;
  /** One per penalty that was tried. */
  readonly path: readonly PenaltyStep[];
  /** (rows, classes), calibrated; NaN for the rows that were never held out. */
  readonly heldOut: Float32Array;
  readonly curve: LearningCurve;
  /** The final regression's own: the objective of scikit-learn, and whether the solver reached its tolerance. */
  readonly objective: number;
  readonly converged: boolean;
}

/** A step to the next penalty that gains less than this share of the held-out loss counts as none. */
const GAIN = 0.01;
/** Penalties in a row without a gain that end the search. */
const PATIENCE = 2;
/** Cross-validation compares losses that differ by percents. */
const SEARCH_TOLERANCE = 3e-3;
const CURVE_TOLERANCE = 1e-2;
const FINAL_TOLERANCE = 1e-5;

/**
 * Two values per power of ten. A standardized row's squared length is the number of columns, so that C times it is how
 * far one image can move its own logits: from 1/2 or so, where heads are a little more than class means, over four
 * powers of ten.
 */
export function defaultCs(columns: number): number[] {
  const first = Math.floor(-2 * Math.log10(columns));
  return Array.from({ length: 9 }, (_, i) => Number((10 ** ((first + i) / 2)).toPrecision(3)));
}

/**
 * Fits a head.
 *
 * @throws SightlineError `one-class` with fewer than two classes, `empty-class` if a class has no rows, `data` if no class
 *   has two rows to hold one out, `not-finite` if a feature is not a number
 */
export async function fitHead(data: HeadData, options: HeadOptions = {}): Promise<Head> {
  const { labels, classes, columns, features } = data;
  const { seed = 0, signal, cs = defaultCs(columns) } = options;
  const classWeights = weightsOfClasses(labels, classes, options.classWeights);
  const fold = stratifiedFolds(labels, classes, {
    folds: options.folds ?? 5,
    seed,
    ...(data.groups ? { groups: data.groups } : {}),
  });
  const folds = [...new Set(fold)].filter((f) => f !== NEVER).sort((a, b) => a - b);
  if (folds.length < 2) {
    throw new SightlineError(
      'data',
      'The classifier needs a class with two training images, but each class has one: nothing can be held out to find how strongly to fit.',
      { hint: 'Add images: some 20 of each class are a beginning, of which a fifth is for validation.' },
    );
  }
  const standard = standardization(features, columns);
  const rows = { features: standardize(features, standard), columns, labels, classes };
  const regression = new LogisticRegression(rows);
  // For two classes scikit-learn has one vector of weights w, where the solver has two, w / 2 and -w / 2: its penalty,
  // and with half of C its objective, are half of scikit-learn's.
  const share = classes === 2 ? 0.5 : 1;
  const solve = async (c: number, rowWeights: readonly Float32Array[], solveOptions: SolveOptions) => {
    await setImmediate();
    signal?.throwIfAborted();
    return regression.solve(
      rowWeights.map((weights) => ({ rowWeights: weights, c: share * c })),
      solveOptions,
    );
  };
  const weightsFor = (part: number) =>
    folds.map((held) => trainingRows(labels, classes, fold, held, { classWeights, share: part, seed }));
  try {
    const all = weightsFor(1);
    const path: PenaltyStep[] = [];
    let before = regression.zeros(folds.length);
    let start = before;
    let best: { solution: Solution; step: PenaltyStep; scale: number } | undefined;
    let [idle, scaleBefore] = [0, 1];
    for (const c of cs) {
      const began = performance.now();
      const solved = await solve(c, all, { start, tolerance: SEARCH_TOLERANCE });
      const held = heldOutRows(solved, fold, folds, data);
      const { scale, loss } = calibrate(held, scaleBefore);
      scaleBefore = scale;
      const step = {
        c,
        ...trainingScores(solved, all, data, scale),
        heldOutLoss: loss,
        heldOutAccuracy: mean(correctRows(held)),
        seconds: (performance.now() - began) / 1000,
      };
      path.push(step);
      options.onStep?.(step);
      if (best && loss > best.step.heldOutLoss * (1 - GAIN)) idle++;
      else [best, idle] = [{ solution: solved, step, scale }, 0];
      if (idle === PATIENCE) break;
      start = path.length === 1 ? solved : ahead(solved, before);
      before = solved;
    }
    const { solution, step, scale } = best!;
    const heldRows = heldOutRows(solution, fold, folds, data);
    const everything = trainingRows(labels, classes, fold, NEVER, { classWeights });
    const final = await solve(step.c, [everything], {
      start: combined(solution, classes),
      tolerance: FINAL_TOLERANCE,
    });
    const correct: Uint8Array[] = [];
    const images: number[] = [];
    for (const part of SHARES) {
      const weights = weightsFor(part);
      images.push(weights.reduce((sum, w) => sum + w.filter((v) => v > 0).length, 0) / folds.length);
      const partial =
        part === 1
          ? solution
          : await solve(step.c, weights, {
              start: regression.without(solution, weights),
              tolerance: CURVE_TOLERANCE,
            });
      correct.push(correctRows(heldOutRows(partial, fold, folds, data)));
    }
    return {
      ...denseLayer(regression.weights(final), final.intercepts, standard, scale),
      c: step.c,
      scale,
      path,
      heldOut: spread(heldRows, labels.length, classes, scale),
      curve: learningCurve(correct, images, seed),
      objective: final.objective[0]! / share,
      converged: final.converged,
    };
  } finally {
    regression.dispose();
  }
}

function weightsOfClasses(
  labels: Int32Array,
  classes: number,
  given: HeadOptions['classWeights'],
): Float64Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]!++;
  if (classes < 2)
    throw new SightlineError('one-class', `A head needs two classes or more, but got ${classes}.`);
  const empty = counts.indexOf(0);
  if (empty >= 0) throw new SightlineError('empty-class', `Class ${empty} has no images to train a head on.`);
  if (given === 'balanced') return Float64Array.from(counts, (count) => labels.length / (classes * count));
  if (given && given.length !== classes)
    throw new SightlineError('config', `Expected ${classes} class weights, but got ${given.length}.`);
  return Float64Array.from(counts, (_, k) => given?.[k] ?? 1);
}

/**
 * Where the solution for the next penalty is expected: as far on from this one as this is from the one before. It moves
 * steadily with the logarithm of C, so that this saves half of the iterations.
 */
function ahead(now: Solution, before: Solution): Solution {
  const on = (a: Float32Array, b: Float32Array) => a.map((value, i) => 2 * value - b[i]!);
  return {
    tasks: now.tasks,
    duals: on(now.duals, before.duals),
    intercepts: on(now.intercepts, before.intercepts),
    logits: on(now.logits, before.logits),
  };
}

/** A start for the fit to all rows: each was trained on by all folds but one, whose duals add up. */
function combined({ tasks, duals, logits, intercepts }: Solution, classes: number): Solution {
  const size = duals.length / tasks;
  const rows = size / classes;
  const sum = { duals: new Float32Array(size), logits: new Float32Array(size) };
  const bias = Float32Array.from({ length: classes }, (_, k) => {
    let total = 0;
    for (let t = 0; t < tasks; t++) total += intercepts[t * classes + k]!;
    return total / tasks;
  });
  for (let t = 0; t < tasks; t++) {
    for (let i = 0; i < size; i++) {
      const b = intercepts[t * classes + Math.floor(i / rows)]!;
      sum.duals[i]! += duals[t * size + i]! / (tasks - 1);
      sum.logits[i]! += (logits[t * size + i]! - b) / (tasks - 1);
    }
  }
  for (let i = 0; i < size; i++) sum.logits[i]! += bias[Math.floor(i / rows)]!;
  return { tasks: 1, ...sum, intercepts: bias };
}

/** Scales the weights (classes, columns), and moves them from standardized features to features as they are. */
function denseLayer(
  standardized: Float32Array,
  intercepts: Float32Array,
  { mean: center, deviation }: Standardization,
  scale: number,
): { weights: Float32Array; bias: Float32Array } {
  const [columns, classes] = [center.length, intercepts.length];
  const weights = new Float32Array(columns * classes);
  const bias = Float32Array.from(intercepts, (b, k) => {
    let sum = b;
    for (let j = 0; j < columns; j++) {
      const weight = standardized[k * columns + j]! / deviation[j]!;
      weights[j * classes + k] = scale * weight;
      sum -= weight * center[j]!;
    }
    return scale * sum;
  });
  return { weights, bias };
}
