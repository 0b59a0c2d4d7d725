// Checks a data set before it costs a training: reads every image, and reports what would spoil the result.

import { isSightlineError, reasonOf, SightlineError, shown } from '@sightline/core';
import { SPLIT_NAMES } from '../dataset/dataset.ts';
import { checkFraction, drawSplit, VALIDATION_FRACTION } from '../dataset/draw-split.ts';
import { type Finding, finding } from '../dataset/findings.ts';
import type { PlacedFile } from '../dataset/layout.ts';
import { type Outline, type OutlineOptions, outlineOf } from '../dataset/outline.ts';
import { ignoredFindings, outlineFindings, withoutValidation } from '../dataset/outline-findings.ts';
import type { FileFailure } from '../files/failures.ts';
import { byCodeUnit } from '../files/file-tree.ts';
import { inspectImage } from './inspect-image.ts';
import { PICTURE_CHECKS, type ReadableImage } from './picture-findings.ts';
import type { CheckReport } from './report.ts';

export interface CheckOptions extends OutlineOptions {
  /** The share of each class that a training would draw where there is no validation split. Default: 0.2. */
  readonly validationFraction?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

const CONCURRENCY = 8;

/**
 * Checks whatever openDataset opens. What is wrong with the data is in the report; throws SightlineError only where there
 * is nothing to check: no such folder, no rights, an archive or a table that is none.
 */
export async function checkDataset(root: string, options: CheckOptions = {}): Promise<CheckReport> {
  const { validationFraction = VALIDATION_FRACTION } = options;
  checkFraction(validationFraction);
  let outline: Outline;
  try {
    outline = await outlineOf(root, options);
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'empty')
      return reportOf(root, [], [], [finding('layout', error.message)]);
    throw error;
  }
  const placed = [...outline.placed].sort((a, b) => byCodeUnit(a.path, b.path));
  const { inspected, failures } = await inspectAll(outline, placed, options);
  const readable = withDrawnSplits(inspected, validationFraction);
  const ofDraw = outline.placed.some(({ split }) => split === 'validation') ? [] : unseenIn(readable);
  const findings = [
    ...outlineFindings(outline),
    ...failures.map(({ path, reason }) =>
      finding('unreadable', `${shown(path)} cannot be read: ${reason}.`, [path]),
    ),
    ...ofDraw,
    ...PICTURE_CHECKS.flatMap((check) => check(readable)),
    ...ignoredFindings(outline),
  ];
  return reportOf(root, placed, readable, findings);
}

async function inspectAll(
  { files }: Outline,
  placed: readonly PlacedFile[],
  { signal, onProgress }: CheckOptions,
): Promise<{ inspected: ReadableImage[]; failures: FileFailure[] }> {
  const results = new Array<ReadableImage | FileFailure>(placed.length);
  let [next, done] = [0, 0];
  const inspectNext = async () => {
    while (next < placed.length) {
      signal?.throwIfAborted();
      const index = next++;
      const file = placed[index]!;
      try {
        const inspected = await inspectImage(await files.read(file.path));
        results[index] = { ...file, ...inspected, use: file.split ?? 'train' };
      } catch (error) {
        if (isSightlineError(error, 'engine-missing')) throw error;
        results[index] = { path: file.path, reason: reasonOf(error) };
      }
      if (++done % 64 === 0 || done === placed.length) onProgress?.({ done, total: placed.length });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, inspectNext));
  return {
    inspected: results.filter((result) => 'hash' in result),
    failures: results.filter((result) => 'reason' in result),
  };
}

/** Classes of which a drawn split has nothing to validate with. */
function unseenIn(images: readonly ReadableImage[]): Finding[] {
  const classes = [...new Set(images.map(({ className }) => className))];
  const validated = new Set(
    images.filter(({ use }) => use === 'validation').map(({ className }) => className),
  );
  return validated.size === 0 ? [] : withoutValidation(classes.filter((name) => !validated.has(name)));
}

/** Where no image is for validation, training draws some: their use in a training. */
function withDrawnSplits(images: readonly ReadableImage[], fraction: number): ReadableImage[] {
  if (images.some(({ split }) => split === 'validation')) return [...images];
  const labels = [...new Set(images.map(({ className }) => className))];
  const drawable = images
    .filter(({ use }) => use === 'train')
    .map((image) => ({
      image,
      hash: image.hash,
      label: labels.indexOf(image.className),
      group: image.group,
    }));
  const drawn = drawSplit(drawable, fraction).validation;
  const validation = new Set(drawn.map(({ image }) => image));
  return images.map((image) => (validation.has(image) ? { ...image, use: 'validation' } : image));
}

function reportOf(
  root: string,
  placed: readonly PlacedFile[],
  readable: readonly ReadableImage[],
  findings: readonly Finding[],
): CheckReport {
  const known = new Map(readable.map((image) => [image.path, image]));
  const images = placed.map(({ path, className, split, group }) => {
    const { format, width, height, hash, use } = known.get(path) ?? {};
    return {
      path,
      className,
      split,
      ...(group !== undefined && { group }),
      use,
      format,
      width,
      height,
      hash,
    };
  });
  const tally = (keys: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, { length }]) => [key, length]));
  const bySplit = Map.groupBy(readable, ({ split }) => split ?? 'all');
  const splits = [...SPLIT_NAMES, 'all' as const].filter((split) => bySplit.has(split));
  const sizes = readable
    .map(({ width, height }) => [width, height] as const)
    .sort((a, b) => a[0] * a[1] - b[0] * b[1]);
  const size = (index: number) => sizes.at(index)!.join(' x ');
  return {
    root,
    classes: [...new Set(placed.map(({ className }) => className))].sort(byCodeUnit),
    counts: Object.fromEntries(
      splits.map((split) => [split, tally(bySplit.get(split)!.map(({ className }) => className))]),
    ),
    formats: tally(readable.map(({ format }) => format)),
    sizes:
      sizes.length === 0
        ? undefined
        : { smallest: size(0), median: size(sizes.length >> 1), largest: size(-1) },
    images,
    findings,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  };
}
