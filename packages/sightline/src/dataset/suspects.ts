/** The images whose label a run doubts, and a table of the data set without them. */

import { resolve } from 'node:path';
import { SightlineError } from '@sightline/core';
import { SPLIT_NAMES, samplesOf, type TableRow } from '@sightline/data';
import type { SuspectRecord } from '@sightline/runs';
import { recordedDataOptions } from '../config/data-overrides.ts';
import { type WorkOptions, workOf } from '../events.ts';
import { checkCleanTable, writeCleanTable } from './clean-table.ts';
import { openInOrder } from './open-in-order.ts';
import { readRunHere } from './read-run-here.ts';

export interface SuspectsOptions extends WorkOptions {
  /** Writes a table of all images but the training images that are surely suspects: its path, `.csv` or `.jsonl`. */
  readonly fix?: string | undefined;
}

export interface Suspects {
  /** The folder of the images, absolute. */
  readonly root: string;
  /** Training images first, the most doubtful of a split first. */
  readonly suspects: readonly SuspectRecord[];
  readonly fix?: { readonly file: string; readonly kept: number; readonly leftOut: number };
}

/** @see suspects in the package's index */
export async function suspects(run: string, { fix, ...options }: SuspectsOptions = {}): Promise<Suspects> {
  const loaded = readRunHere(run);
  if (!loaded.run.head) {
    throw new SightlineError(
      'unsupported',
      `The run ${run} has no suspects: only a logistic network is cross-validated, which finds them.`,
    );
  }
  const { data } = loaded.run;
  const root = resolve(data.root);
  const found = { root, suspects: loaded.suspects() };
  if (fix === undefined) return found;
  checkCleanTable(root, fix);
  const dataset = await openInOrder(root, {
    order: data.classes,
    data: recordedDataOptions(loaded.run),
    signal: workOf(options).signal,
  });
  if (dataset.hash !== data.hash) {
    throw new SightlineError(
      'data',
      `The images in ${root} have changed since ${run} was trained: train again, then write the table.`,
    );
  }
  // Without its doubtful images a validation set is no longer a fair sample.
  const left = new Set(
    found.suspects.flatMap(({ path, split, confident }) => (confident && split === 'train' ? [path] : [])),
  );
  const rows = SPLIT_NAMES.flatMap((split) =>
    samplesOf(dataset, split).map(
      ({ path, label, group }): TableRow => ({
        path,
        label: dataset.classes[label]!,
        split,
        ...(group !== undefined && { group }),
      }),
    ),
  ).filter(({ path }) => !left.has(path));
  await writeCleanTable(root, rows, fix);
  return { ...found, fix: { file: fix, kept: rows.length, leftOut: left.size } };
}
