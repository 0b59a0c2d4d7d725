// Draws validation images within each class, in an order given by contents: adding an image moves at most one other
// across the line, and one image under two names never lies in two splits. Images of one group (an object, a camera, a
// patient) stay together.

import { hash } from 'node:crypto';
import { SightlineError } from '@sightline/core';
import type { Sample } from './dataset.ts';

/** The default share of images that goes to validation. */
export const VALIDATION_FRACTION = 0.2;

/** @throws SightlineError `option` for a share that leaves nothing to train on */
export function checkFraction(validationFraction: number): void {
  if (validationFraction >= 0 && validationFraction < 1) return;
  throw new SightlineError(
    'option',
    `validationFraction must be from 0 to below 1, not ${validationFraction}.`,
  );
}

/** What a sample is drawn by. */
export interface Drawn extends Pick<Sample, 'hash' | 'label'> {
  readonly group?: string | undefined;
}

/** Images that stay together. */
interface Unit {
  /** Its place in the order, in [0, 1): the first 32 bits of a hash. */
  readonly place: number;
  readonly countByLabel: ReadonlyMap<number, number>;
  readonly key: string;
}

/**
 * Splits samples into training and validation. About `fraction` of each class goes to validation, at least one image, and
 * never all of them; a class that is one unit stays in training.
 */
export function drawSplit<Row extends Drawn>(
  samples: readonly Row[],
  fraction: number,
): { train: Row[]; validation: Row[] } {
  const unitOf = unitKeys(samples);
  const units = unitsOf(samples, unitOf);
  const total = countLabels(samples);
  const wanted = new Map(
    [...total].map(([label, n]) => [label, fraction === 0 ? 0 : Math.max(1, Math.round(fraction * n))]),
  );
  const drawn = new Map<number, number>();
  const chosen = new Set<Unit>();
  const take = (unit: Unit) => {
    chosen.add(unit);
    for (const [label, n] of unit.countByLabel) drawn.set(label, (drawn.get(label) ?? 0) + n);
  };
  const leavesTraining = ({ countByLabel }: Unit) =>
    [...countByLabel].every(([label, n]) => (drawn.get(label) ?? 0) + n < total.get(label)!);
  // A unit goes to validation where at least half of its images are still wanted there.
  for (const unit of units) {
    const counts = [...unit.countByLabel];
    const size = counts.reduce((sum, [, n]) => sum + n, 0);
    const missing = counts.reduce(
      (sum, [label, n]) => sum + Math.min(n, Math.max(0, wanted.get(label)! - (drawn.get(label) ?? 0))),
      0,
    );
    if (missing * 2 >= size && missing > 0 && leavesTraining(unit)) take(unit);
  }
  // A class of large groups may have none yet: then its smallest one goes.
  for (const [label, want] of wanted) {
    if (want === 0 || drawn.has(label)) continue;
    const [smallest] = units
      .filter((unit) => unit.countByLabel.has(label) && !chosen.has(unit) && leavesTraining(unit))
      .sort((a, b) => a.countByLabel.get(label)! - b.countByLabel.get(label)!);
    if (smallest) take(smallest);
  }
  const keys = new Set([...chosen].map(({ key }) => key));
  return {
    train: samples.filter((sample) => !keys.has(unitOf(sample))),
    validation: samples.filter((sample) => keys.has(unitOf(sample))),
  };
}

/** The unit of each sample: its group, or its contents; groups that share an image are one. */
function unitKeys(samples: readonly Drawn[]): (sample: Drawn) => string {
  const parents = new Map<string, string>();
  const find = (key: string): string => {
    const parent = parents.get(key);
    return parent === undefined ? key : find(parent);
  };
  const keyOf = ({ group, hash: content }: Drawn) => (group === undefined ? content : `group ${group}`);
  const firstWith = new Map<string, string>();
  for (const sample of samples) {
    const key = find(keyOf(sample));
    const other = find(firstWith.get(sample.hash) ?? key);
    firstWith.set(sample.hash, other);
    if (key !== other) parents.set(key, other);
  }
  return (sample) => find(keyOf(sample));
}

/** In the order in which they are drawn. */
function unitsOf(samples: readonly Drawn[], unitOf: (sample: Drawn) => string): Unit[] {
  const placeOf = (key: string) => {
    const digits = key.startsWith('group ') ? hash('sha256', key) : key;
    return Number.parseInt(digits.slice(0, 8), 16) / 2 ** 32;
  };
  return [...Map.groupBy(samples, unitOf)]
    .map(([key, members]) => ({ place: placeOf(key), countByLabel: countLabels(members), key }))
    .sort((a, b) => a.place - b.place);
}

function countLabels(samples: readonly Drawn[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { label } of samples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
