// What a data set is once it is opened: classes, splits, and one sample an image, with nothing decoded yet.
// A *sample* is an image file and its label; a *split* is the part of the samples with one use.

import { hash } from 'node:crypto';
import type { FileTree } from '../files/file-tree.ts';
import type { Finding } from './findings.ts';

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];

/** What people call the three splits. */
const SPLIT_WORDS: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'val', 'dev', 'eval', 'evaluation'],
  test: ['test', 'testing'],
};
const CALLED = new Map(
  SPLIT_NAMES.flatMap((split) => SPLIT_WORDS[split].map((word): [string, SplitName] => [word, split])),
);
/** What they add: training_set, train-images, ValidationData. */
const SUFFIX = /[-_ .]?(set|images?|imgs?|data|dataset|split)$/i;

/** The split that a folder or a table means by a name, in capitals or not; undefined for any other name. */
export const splitCalled = (name: string): SplitName | undefined =>
  CALLED.get(name.trim().replace(SUFFIX, '').toLowerCase());

export interface Sample {
  /** Relative to the data set's root, with `/` on every system. */
  readonly path: string;
  /** Index into the data set's classes. */
  readonly label: number;
  /** sha256 of the file's bytes, in hexadecimal. */
  readonly hash: string;
  /** Images of one group stay in one split when it is drawn, and are held out together. Default: none. */
  readonly group?: string;
}

export interface Splits {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test?: readonly Sample[];
}

export interface Dataset {
  readonly root: string;
  /** sha256 over classes, splits, paths, labels and contents: equal exactly when training sees the same data. */
  readonly hash: string;
  readonly classes: readonly string[];
  readonly splits: Splits;
  /** Where a sample's bytes are read from. */
  readonly files: FileTree;
  /** What names and contents show: errors, which `assertTrainable` refuses, and warnings, to be shown. */
  readonly findings: readonly Finding[];
}

/** The samples of a split; none where the data set lacks it. */
export function samplesOf(dataset: Pick<Dataset, 'splits'>, split: SplitName): readonly Sample[] {
  return dataset.splits[split] ?? [];
}

/** Images by class, in the order of `classes`. */
export function countByClass(samples: readonly Sample[], classes: readonly string[]): number[] {
  const counts = classes.map(() => 0);
  for (const { label } of samples) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** The data set's identity: sha256 over the class names and every sample, in order. */
export function datasetHash(classes: readonly string[], splits: Splits): string {
  const lines = [JSON.stringify(classes)];
  for (const split of SPLIT_NAMES) {
    for (const { path, label, hash: content } of splits[split] ?? []) {
      lines.push(`${split} ${label} ${content} ${JSON.stringify(path)}`);
    }
  }
  return hash('sha256', `${lines.join('\n')}\n`);
}
