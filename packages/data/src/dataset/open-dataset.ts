// Opens a data set: lists it, sorts its images into classes and splits, and hashes them. Nothing is decoded.

import { DataError, type FileFailure, unreadableImages } from '../error.ts';
import { byCodeUnit, orderClasses, readClassesFile } from './class-order.ts';
import { hashFiles } from './content-hash.ts';
import { type Dataset, datasetHash, type Sample, type Splits } from './dataset.ts';
import { drawSplit } from './draw-split.ts';
import type { FileTree } from './file-tree.ts';
import { folderTree } from './folder-tree.ts';
import { layoutOf, type PlacedFile } from './layout.ts';

export interface OpenOptions {
  /** Class names in the order of their labels; `classes.json` in the root, or the alphabet, unless given. */
  readonly classes?: readonly string[];
  /** The share of training images that becomes validation where the data set has no validation split: 0.2. */
  readonly validationFraction?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens `DIR/<class>/…` or `DIR/train|validation|test/<class>/…`. Throws DataError with a code that says what is
 * wrong: no such folder, no images, one class only, a class without images, names that do not fit, unreadable files.
 */
export async function openDataset(root: string, options: OpenOptions = {}): Promise<Dataset> {
  const { validationFraction = 0.2, signal } = options;
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new DataError('option', `validationFraction must be from 0 up to 1, not ${validationFraction}.`);
  }
  const tree = folderTree(root);
  const listing = await tree.list();
  const layout = layoutOf(root, listing);
  const given =
    options.classes ??
    (await readClassesFile(
      tree,
      listing.files.map(({ path }) => path),
    ));
  const classes = orderClasses(root, layout.classNames, given);
  if (classes.length < 2) {
    throw new DataError(
      'one-class',
      `${root} holds images of one class only (${JSON.stringify(classes[0])}). Expected two class folders or more.`,
    );
  }
  const { hashes, failures } = await hashFiles(
    tree,
    layout.files.map(({ path }) => path),
    signal,
  );
  return assemble(tree, classes, layout.files, hashes, failures, validationFraction);
}

function assemble(
  tree: FileTree,
  classes: string[],
  files: readonly PlacedFile[],
  hashes: ReadonlyMap<string, string>,
  failures: readonly FileFailure[],
  validationFraction: number,
): Dataset {
  if (failures.length > 0) throw unreadableImages(tree.root, failures);
  const labels = new Map(classes.map((name, label) => [name, label]));
  const ordered = files
    .map((file) => ({ ...file, label: labels.get(file.className)! }))
    .sort((a, b) => a.label - b.label || byCodeUnit(a.path, b.path));
  const samples = (split: PlacedFile['split']): Sample[] =>
    ordered
      .filter((file) => file.split === split)
      .map(({ path, label }) => ({ path, label, hash: hashes.get(path)! }));
  const [train, validation] = [[...samples(undefined), ...samples('train')], samples('validation')];
  const splits = validation.length > 0 ? { train, validation } : drawSplit(train, validationFraction);
  const test = samples('test');
  const all: Splits = test.length > 0 ? { ...splits, test } : splits;
  return { root: tree.root, hash: datasetHash(classes, all), classes, splits: all, files: tree };
}
