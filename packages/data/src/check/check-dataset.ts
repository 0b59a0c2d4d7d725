// Checks a data set before it costs a training: reads every image, and reports what would spoil the result.

import { reasonOf, SightlineError, shown } from '@sightline/core';
import { SPLIT_NAMES } from '../dataset/dataset.ts';
import { drawSplit, VALIDATION_FRACTION } from '../dataset/draw-split.ts';
import type { PlacedFile } from '../dataset/layout.ts';
import { type Outline, outlineOf } from '../dataset/open-dataset.ts';
import type { FileFailure } from '../files/failures.ts';
import { byCodeUnit } from '../files/file-tree.ts';
import { CHECKS, type ReadableImage } from './findings.ts';
import { inspectImage } from './inspect-image.ts';
import { type CheckReport, type Finding, finding } from './report.ts';

export interface CheckOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

const CONCURRENCY = 8;

/**
 * Checks whatever openDataset opens. What is wrong with the data is in the report; throws SightlineError only where there
 * is nothing to check: no such folder, no rights, an archive or a table that is none.
 */
export async function checkDataset(root: string, options: CheckOptions = {}): Promise<CheckReport> {
  let outline: Outline;
  try {
    outline = await outlineOf(root);
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'empty')
      return reportOf(root, [], [], [finding('layout', error.message)]);
    throw error;
  }
  const placed = [...outline.placed].sort((a, b) => byCodeUnit(a.path, b.path));
  const { readable, failures } = await inspectAll(outline, placed, options);
  const findings = [
    ...layoutFindings(outline),
    ...failures.map(({ path, reason }) =>
      finding('unreadable', `${shown(path)} cannot be read: ${reason}.`, [path]),
    ),
    ...CHECKS.flatMap((check) => check(readable)),
    ...outline.ignored
      .filter((path) => path !== 'classes.json' && !path.endsWith('.lock.json'))
      .map((path) =>
        finding(
          'ignored',
          `${shown(path)} is not used: it is no image by its name, or lies outside of the class folders.`,
          [path],
        ),
      ),
  ];
  return reportOf(root, placed, readable, findings);
}

function layoutFindings({ placed, classNames, emptyClasses }: Outline): Finding[] {
  const findings = emptyClasses.map((folder) =>
    finding('layout', `The class folder ${shown(folder)} holds no images.`, [folder]),
  );
  if (classNames.length < 2)
    findings.push(finding('layout', 'There is one class only; training needs two or more.'));
  const trained = new Set(
    placed.filter(({ split }) => split === undefined || split === 'train').map(({ className }) => className),
  );
  // Without any, these are images to test with.
  if (trained.size === 0) return findings;
  const untrained = new Set(placed.map(({ className }) => className).filter((name) => !trained.has(name)));
  for (const name of untrained)
    findings.push(finding('layout', `The class ${shown(name)} has no images for training.`));
  return findings;
}

async function inspectAll(
  { files }: Outline,
  placed: readonly PlacedFile[],
  { signal, onProgress }: CheckOptions,
): Promise<{ readable: ReadableImage[]; failures: FileFailure[] }> {
  const results = new Array<ReadableImage | FileFailure>(placed.length);
  let [next, done] = [0, 0];
  const lane = async () => {
    while (next < placed.length) {
      signal?.throwIfAborted();
      const index = next++;
      const file = placed[index]!;
      try {
        const inspected = await inspectImage(await files.read(file.path));
        results[index] = { ...file, ...inspected, use: file.split ?? 'train' };
      } catch (error) {
        results[index] = { path: file.path, reason: reasonOf(error) };
      }
      if (++done % 64 === 0 || done === placed.length) onProgress?.({ done, total: placed.length });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  return {
    readable: withDrawnSplits(results.filter((result) => 'hash' in result)),
    failures: results.filter((result) => 'reason' in result),
  };
}

/** Where no image is for validation, training draws some: what they will be used for, unless it is told another share. */
function withDrawnSplits(images: readonly ReadableImage[]): ReadableImage[] {
  if (images.some(({ split }) => split === 'validation')) return [...images];
  const labels = [...new Set(images.map(({ className }) => className))];
  const drawable = images
    .filter(({ use }) => use === 'train')
    .map((image) => ({ image, hash: image.hash, label: labels.indexOf(image.className) }));
  const drawn = drawSplit(drawable, VALIDATION_FRACTION).validation;
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
  const images = placed.map(({ path, className, split }) => {
    const { format, width, height, hash } = known.get(path) ?? {};
    return { path, className, split, format, width, height, hash };
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
