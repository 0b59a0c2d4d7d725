// Opens a data set: lists it, sorts its images into classes and splits, and hashes them. Nothing is decoded.

import { stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, relative, sep } from 'node:path';
import { SightlineError, shown } from '@sightline/core';
import { unreadableImages } from '../files/failures.ts';
import { byCodeUnit, type FileTree, type Listing } from '../files/file-tree.ts';
import { folderTree } from '../files/folder-tree.ts';
import { hashFiles } from '../files/hash-files.ts';
import { zipTree } from '../files/zip-tree.ts';
import { orderClasses, readClassesFile } from './class-order.ts';
import { type Dataset, datasetHash, type Sample, type SplitName, type Splits } from './dataset.ts';
import { drawSplit, VALIDATION_FRACTION } from './draw-split.ts';
import { layoutOf, type PlacedFile } from './layout.ts';
import { openSprites, SPRITES_FILE } from './sprite-tree.ts';
import { readTable } from './table.ts';

export interface OpenOptions {
  /** Class names in the order of their labels; `classes.json` in the root, or the alphabet, unless given. */
  readonly classes?: readonly string[];
  /** The share of training images that becomes validation where the data set has no validation split: 0.2. */
  readonly validationFraction?: number;
  /**
   * Where hashes of contents are kept, so that a file is read again only where its size, its times or its inode
   * changed; nowhere unless given.
   */
  readonly cacheDir?: string;
  readonly signal?: AbortSignal;
}

/** A data set before its contents are looked at: which images there are, of which class and split. */
export interface Outline {
  readonly files: FileTree;
  readonly placed: readonly PlacedFile[];
  readonly classNames: readonly string[];
  /** An order that the data set itself brings. */
  readonly givenClasses: readonly string[] | undefined;
  readonly emptyClasses: readonly string[];
  readonly ignored: readonly string[];
}

/**
 * Opens `DIR/<class>/…` or `DIR/train|validation|test/<class>/…`, a `.zip` of either, a `.csv` or `.jsonl` table of
 * path, label and, if given, split, or sprites (sprite-tree.ts). Throws SightlineError with a code that says what is wrong: no such folder, no images,
 * one class only, a class without images, names that do not fit, unreadable files.
 */
export async function openDataset(root: string, options: OpenOptions = {}): Promise<Dataset> {
  const { validationFraction = VALIDATION_FRACTION, signal, cacheDir } = options;
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new SightlineError(
      'option',
      `validationFraction must be from 0 up to 1, not ${validationFraction}.`,
    );
  }
  const { files, placed, classNames, givenClasses, emptyClasses } = await outlineOf(root);
  if (emptyClasses.length > 0) {
    const [folder] = emptyClasses;
    throw new SightlineError(
      'empty-class',
      `The class folder ${shown(folder!)} in ${root} holds no images. Add some, or remove the folder.`,
    );
  }
  const classes = orderClasses(root, classNames, options.classes ?? givenClasses);
  if (classes.length < 2) {
    throw new SightlineError(
      'one-class',
      `${root} holds images of one class only (${JSON.stringify(classes[0])}). Expected two class folders or more.`,
    );
  }
  const { hashes, failures } = await hashFiles(
    files,
    placed.map(({ path }) => path),
    { signal, cacheDir },
  );
  if (failures.length > 0) throw unreadableImages(root, failures);
  const splits = splitsOf(placed, classes, hashes, validationFraction);
  return { root, hash: datasetHash(classes, splits), classes, splits, files };
}

/** Finds out what is at `root` and which images it holds. */
export async function outlineOf(root: string): Promise<Outline> {
  const kind = extname(root).toLowerCase();
  const isFile = await stat(root).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile && (kind === '.csv' || kind === '.jsonl')) return tableOutline(root);
  const files = isFile && kind === '.zip' ? await zipTree(root) : folderTree(root);
  const listing = await files.list();
  const sprites = spritesFolder(listing);
  if (sprites !== undefined) return spriteOutline(sprites === '' ? files : within(files, sprites));
  const layout = layoutOf(root, listing);
  const givenClasses = await readClassesFile(
    files,
    listing.files.map(({ path }) => path),
  );
  return {
    files,
    placed: layout.files,
    classNames: layout.classNames,
    givenClasses,
    emptyClasses: layout.emptyClasses,
    ignored: layout.ignored,
  };
}

/** The folder that describes sprites: the root, or the one folder that an archive leaves around it all. */
function spritesFolder({ files, folders }: Listing): string | undefined {
  const [only, ...others] = folders.filter((folder) => !folder.includes('/'));
  const places = only !== undefined && others.length === 0 ? ['', `${only}/`] : [''];
  return places.find((place) => files.some(({ path }) => path === `${place}${SPRITES_FILE}`));
}

/** The part of a tree whose paths begin so; for reading alone. */
function within(files: FileTree, place: string): FileTree {
  return { root: join(files.root, place), list: files.list, read: (path) => files.read(`${place}${path}`) };
}

async function spriteOutline(folder: FileTree): Promise<Outline> {
  const { files, placed, classes } = await openSprites(folder);
  return { files, placed, classNames: classes, givenClasses: classes, emptyClasses: [], ignored: [] };
}

async function tableOutline(root: string): Promise<Outline> {
  const folder = dirname(root);
  const seen = (path: string) => (isAbsolute(path) ? relative(folder, path).split(sep).join('/') : path);
  // A row that is there twice says nothing new.
  const rows = [...new Map((await readTable(root)).map((row) => [JSON.stringify(row), row])).values()];
  const placed = rows.map(({ path, label, split }) => ({
    path: seen(path),
    size: 0,
    className: label,
    split,
  }));
  const classNames = [...new Set(rows.map(({ label }) => label))];
  return {
    files: { ...folderTree(folder), root },
    placed,
    classNames,
    givenClasses: undefined,
    emptyClasses: [],
    ignored: [],
  };
}

/** Sorts samples by label and path, and draws a validation split where none is given. */
function splitsOf(
  files: readonly PlacedFile[],
  classes: readonly string[],
  hashes: ReadonlyMap<string, string>,
  validationFraction: number,
): Splits {
  const labels = new Map(classes.map((name, label) => [name, label]));
  const ordered = files
    .map(({ path, className, split }) => ({
      sample: { path, label: labels.get(className)!, hash: hashes.get(path)! },
      split,
    }))
    .sort((a, b) => a.sample.label - b.sample.label || byCodeUnit(a.sample.path, b.sample.path));
  const samples = (wanted: SplitName | undefined): Sample[] =>
    ordered.filter(({ split }) => split === wanted).map(({ sample }) => sample);
  const [train, validation, test] = [
    [...samples(undefined), ...samples('train')],
    samples('validation'),
    samples('test'),
  ];
  const both = validation.length > 0 ? { train, validation } : drawSplit(train, validationFraction);
  return test.length > 0 ? { ...both, test } : both;
}
