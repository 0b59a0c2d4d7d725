// Opens a data set: lists it, sorts its images into classes and splits, and hashes them. Nothing is decoded.

import { SightlineError, shown } from '@sightline/core';
import { unreadableImages } from '../files/failures.ts';
import { byCodeUnit } from '../files/file-tree.ts';
import { hashFiles } from '../files/hash-files.ts';
import { orderClasses } from './class-order.ts';
import { contentFindings } from './content-findings.ts';
import {
  type Dataset,
  datasetHash,
  type Sample,
  SPLIT_NAMES,
  type SplitName,
  type Splits,
} from './dataset.ts';
import { checkFraction, drawSplit, VALIDATION_FRACTION } from './draw-split.ts';
import { FINDINGS, type Finding, isOfFolders } from './findings.ts';
import { kindsInWords, type PlacedFile } from './layout.ts';
import { type OutlineOptions, outlineOf } from './outline.ts';
import { outlineFindings, withoutValidation } from './outline-findings.ts';

export interface OpenOptions extends OutlineOptions {
  /** Class names in the order of their labels. Default: `classes.json` in the root, else the alphabet. */
  readonly classes?: readonly string[];
  /** Whether `classes` may name classes that have no images, as where a part of a data set is evaluated. Default: false. */
  readonly allowMissingClasses?: boolean;
  /** The share of each class that becomes validation where the data set has no validation split. Default: 0.2. */
  readonly validationFraction?: number | undefined;
  /**
   * Where hashes of contents are kept, so that a file is read again only where its size, its times or its inode changed.
   * Default: nowhere.
   */
  readonly cacheDir?: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens `DIR/<class>/…` or `DIR/train|validation|test/<class>/…`, a `.zip` of either, a `.csv`, `.tsv` or `.jsonl` table
 * of paths and labels, or sprites (sprite-tree.ts). Throws SightlineError with a code that says what is wrong: no such
 * folder, no images, one class only, a class without images, names that do not fit, unreadable files. What else names and
 * contents show is in `findings`; `assertTrainable` refuses those that are errors.
 */
export async function openDataset(root: string, options: OpenOptions = {}): Promise<Dataset> {
  const { validationFraction = VALIDATION_FRACTION, signal, cacheDir } = options;
  checkFraction(validationFraction);
  const outline = await outlineOf(root, options);
  const { files, placed, classNames, givenClasses, emptyClasses } = outline;
  const { allowMissingClasses = false } = options;
  if (emptyClasses.length > 0 && !allowMissingClasses) {
    throw new SightlineError(
      'empty-class',
      `The class folder ${shown(emptyClasses[0]!)} in ${root} holds no images. Add some, or remove the folder.`,
    );
  }
  const order = options.classes ?? givenClasses;
  const classes = orderClasses(root, classNames, order, allowMissingClasses);
  if (classes.length < 2) {
    throw new SightlineError(
      'one-class',
      `${root} holds images of one class only (${JSON.stringify(classes[0])}). Expected two class folders or more.${kindsInWords(placed.map(({ path }) => path))}`,
    );
  }
  const paths = placed.map(({ path }) => path);
  const { hashes, failures } = await hashFiles(files, paths, { signal, cacheDir });
  if (failures.length > 0) throw unreadableImages(root, failures);
  const splits = splitsOf(placed, classes, hashes, validationFraction);
  const findings = [...outlineFindings(outline), ...findingsOf(placed, classes, splits)];
  return { root, hash: datasetHash(classes, splits), classes, splits, files, findings };
}

/**
 * Throws SightlineError `data` where a data set has findings that are errors, so that a training would mean nothing: the
 * first in full, the others by number, all in `details.findings`.
 */
export function assertTrainable({ root, findings }: Pick<Dataset, 'root' | 'findings'>): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first, ...others] = errors;
  if (first === undefined) return;
  const more = others.length > 0 ? ` There are ${others.length} more errors.` : '';
  throw new SightlineError('data', `${root}: ${FINDINGS[first.kind].title}. ${first.message}${more}`, {
    hint: `"sightline check" lists all findings${errors.some(isOfFolders) ? '.' : ', and with --fix writes a list of the images without them.'}`,
    details: { findings: errors },
  });
}

function findingsOf(placed: readonly PlacedFile[], classes: readonly string[], splits: Splits): Finding[] {
  const images = SPLIT_NAMES.flatMap((use) =>
    (splits[use] ?? []).map(({ path, label, hash }) => ({ path, className: classes[label]!, hash, use })),
  );
  const isDrawn = placed.every(({ split }) => split !== 'validation');
  const validated = new Set(splits.validation.map(({ label }) => label));
  const unseen = classes.filter((_, label) => !validated.has(label));
  // Where the split is given, its names have shown it.
  const ofDraw = isDrawn && validated.size > 0 ? withoutValidation(unseen) : [];
  return [...ofDraw, ...contentFindings(images)];
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
    .map(({ path, className, split, group }) => ({
      sample: {
        path,
        label: labels.get(className)!,
        hash: hashes.get(path)!,
        ...(group !== undefined && { group }),
      },
      split,
    }))
    .sort((a, b) => a.sample.label - b.sample.label || byCodeUnit(a.sample.path, b.sample.path));
  const inSplit = (wanted: SplitName | undefined) => ordered.filter(({ split }) => split === wanted);
  const samples = (rows: typeof ordered): Sample[] => rows.map(({ sample }) => sample);
  const trained = [...inSplit(undefined), ...inSplit('train')];
  const [validation, test] = [samples(inSplit('validation')), samples(inSplit('test'))];
  if (validation.length > 0) {
    const both = { train: samples(trained), validation };
    return test.length > 0 ? { ...both, test } : both;
  }
  const both = drawSplit(samples(trained), validationFraction);
  return test.length > 0 ? { ...both, test } : both;
}
