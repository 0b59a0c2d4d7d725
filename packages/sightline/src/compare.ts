/** Runs beside each other. */

import { SightlineError } from '@sightline/core';
import { type Comparison, compareRuns } from '@sightline/models';
import { readRun } from '@sightline/runs';

/** @see compare in the package's index */
export async function compare(folders: readonly string[]): Promise<Comparison> {
  if (folders.length < 2) {
    throw new SightlineError('usage', `Expected two runs or more to compare, but got ${folders.length}.`);
  }
  const runs = folders.map(readRun);
  // Two runs of one name are told apart by their folders.
  const isUnique = new Set(runs.map(({ name }) => name)).size === runs.length;
  return compareRuns(isUnique ? runs : runs.map((run, i) => ({ ...run, name: folders[i] ?? run.name })));
}
