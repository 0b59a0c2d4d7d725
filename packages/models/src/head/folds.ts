// Stratified folds for cross-validation: each class is spread evenly over them, and a group stays in one.

import { type Random, randomFor, shuffled } from '@sightline/data';

export interface FoldOptions {
  readonly folds: number;
  readonly seed: number;
  /** Rows with the same group are held out together: shots of one object, one camera, one patient. Default: none. */
  readonly groups?: ArrayLike<number>;
}

/** The fold of a row that is never held out, because its class would be left without rows to train on. */
export const NEVER = -1;

interface Unit {
  readonly rows: number[];
  /** The class of most of its rows. */
  label: number;
}

/**
 * The fold of each row, or NEVER. Where there are no groups, a class' rows per fold differ by one at most, and so do the
 * folds' sizes, nearly.
 */
export function stratifiedFolds(
  labels: Int32Array,
  classes: number,
  { folds, seed, groups }: FoldOptions,
): Int32Array {
  const units = unitsOf(labels, classes, groups, randomFor(seed));
  const fold = new Int32Array(labels.length).fill(NEVER);
  const perClass = Array.from({ length: folds }, () => new Int32Array(classes));
  const sizes = new Int32Array(folds);
  for (const { rows, label } of units) {
    let best = 0;
    for (let f = 1; f < folds; f++) {
      const fewer = perClass[f]![label]! - perClass[best]![label]! || sizes[f]! - sizes[best]!;
      if (fewer < 0) best = f;
    }
    sizes[best]! += rows.length;
    for (const row of rows) {
      fold[row] = best;
      perClass[best]![labels[row]!]!++;
    }
  }
  keepEveryClass(labels, classes, fold, perClass);
  return fold;
}

/** Groups, or single rows, class by class; the largest of a class first, because small ones can even them out. */
function unitsOf(
  labels: Int32Array,
  classes: number,
  groups: ArrayLike<number> | undefined,
  random: Random,
): Unit[] {
  const byGroup = new Map<number, Unit>();
  for (const row of shuffled(labels.length, random)) {
    const group = groups ? groups[row]! : row;
    const unit = byGroup.get(group);
    if (unit) unit.rows.push(row);
    else byGroup.set(group, { rows: [row], label: labels[row]! });
  }
  const units = [...byGroup.values()];
  for (const unit of units) {
    const counts = new Int32Array(classes);
    for (const row of unit.rows) counts[labels[row]!]!++;
    unit.label = counts.indexOf(Math.max(...counts));
  }
  return units.sort((a, b) => a.label - b.label || b.rows.length - a.rows.length);
}

/** A class that lies in one fold only is not held out: without it no network can learn that the class exists. */
function keepEveryClass(
  labels: Int32Array,
  classes: number,
  fold: Int32Array,
  perClass: readonly Int32Array[],
): void {
  for (let k = 0; k < classes; k++) {
    const holding = perClass.filter((counts) => counts[k]! > 0).length;
    if (holding > 1) continue;
    labels.forEach((label, row) => {
      if (label === k) fold[row] = NEVER;
    });
  }
}

/**
 * Row weights for the training part of a fold: 1, or the class' weight, outside of it, 0 within. A `share` under 1 keeps
 * that share of each class, one row at least; smaller shares are parts of larger ones.
 */
export function trainingRows(
  labels: Int32Array,
  classes: number,
  fold: Int32Array,
  held: number,
  options: {
    readonly classWeights?: ArrayLike<number>;
    readonly share?: number;
    readonly seed?: number;
  } = {},
): Float32Array {
  const { classWeights, share = 1, seed = 0 } = options;
  const weights = new Float32Array(labels.length);
  const counts = new Int32Array(classes);
  labels.forEach((label, row) => {
    if (fold[row] !== held || held === NEVER) counts[label]!++;
  });
  const kept = new Int32Array(classes);
  for (const row of shuffled(labels.length, randomFor(seed, held + 1))) {
    const label = labels[row]!;
    const isHeld = fold[row] === held && held !== NEVER;
    if (isHeld || kept[label]! >= Math.max(1, Math.round(share * counts[label]!))) continue;
    kept[label]!++;
    weights[row] = classWeights ? classWeights[label]! : 1;
  }
  return weights;
}
