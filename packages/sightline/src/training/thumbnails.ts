/** The images that the site shows of a run, small: `artifacts/thumbnails.jsonl`. */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { reasonOf, SightlineError } from '@sightline/core';
import {
  type Dataset,
  DECODER_VERSION,
  decodeRgb,
  type FileFailure,
  type RgbImage,
  type Sample,
  type SplitName,
  samplesOf,
  thumbnailOf,
  unreadableImages,
} from '@sightline/data';
import {
  type Prediction,
  type RunWriter,
  readJsonLines,
  type ThumbnailRow,
  thumbnailSchema,
  toJsonLines,
} from '@sightline/runs';

/** Goes up with each change of what is written: part of the key of each thumbnail, see also earlier-artifacts. */
export const THUMBNAILS_VERSION = 1;

/** Pixels of the longer side: sharp at 96 CSS pixels on a screen of two device pixels each, with some to spare. */
const LONGEST = 224;
/** Images of one run at most: some 10 MB. Mistakes come first. */
const MOST = 2000;
/** Images of what the network got right, and of the training images: as many per class, in all and of one at most. */
const RIGHT = { total: 400, perClass: 40 };
/** As many that most photographs have one among them that is like them. */
const TRAINING = { total: 400, perClass: 100 };
/** Images decoded at once, one more than a decoder's thread pool has threads. */
const CONCURRENCY = 5;

/** Thumbnails by their keys. */
export type KeptThumbnails = ReadonlyMap<string, ThumbnailRow>;

export const thumbnailKey = ({ hash }: Sample): string =>
  `${THUMBNAILS_VERSION}-${DECODER_VERSION}-${LONGEST}-${hash}`;

/** The thumbnails of an earlier run in a folder, before a new one takes its place: most of it are the same images. */
export function keptThumbnails(dir: string): KeptThumbnails {
  try {
    const rows = readJsonLines(join(dir, 'artifacts', 'thumbnails.jsonl'), thumbnailSchema);
    return new Map(rows.flatMap((row) => (row.key === undefined ? [] : [[row.key, row] as const])));
  } catch (error) {
    // None, or damaged: they are made again.
    if (error instanceof SightlineError) return new Map();
    throw error;
  }
}

/**
 * Writes thumbnails of the mistakes, of correct images of each class, and of training images of each class.
 *
 * @returns the training images among them
 * @throws SightlineError `unreadable-image` where images can no longer be read; those of the others are written
 */
export async function writeThumbnails(
  writer: RunWriter,
  dataset: Dataset,
  predictions: readonly Prediction[],
  suspects: readonly { readonly path: string }[] = [],
  kept: KeptThumbnails = new Map(),
): Promise<readonly Sample[]> {
  const chosen = choose(dataset, predictions, new Set(suspects.map(({ path }) => path)));
  const rows: (ThumbnailRow | FileFailure)[] = new Array(chosen.length);
  let next = 0;
  const work = async () => {
    while (next < chosen.length) {
      const index = next++;
      rows[index] = await rowOf(dataset, chosen[index]!, kept);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const there = rows.filter((row) => 'jpeg' in row);
  if (there.length > 0) writer.writeArtifact('thumbnails.jsonl', Buffer.from(toJsonLines(there)));
  const failures = rows.filter((row) => 'reason' in row);
  if (failures.length > 0) throw unreadableImages(dataset.root, failures);
  return chosen.flatMap(({ sample, split }) => (split === 'train' ? [sample] : []));
}

export interface ChosenImage {
  readonly sample: Sample;
  readonly split: SplitName;
}

/** The images that will have thumbnails if the network gets all of the validation images wrong. */
export const likelyThumbnails = (dataset: Dataset): readonly ChosenImage[] =>
  choose(dataset, [], new Set(samplesOf(dataset, 'validation').map(({ path }) => path)));

function choose(
  dataset: Dataset,
  predictions: readonly Prediction[],
  suspects: ReadonlySet<string>,
): ChosenImage[] {
  const mistaken = new Set(
    predictions.filter(({ label, predicted }) => label !== predicted).map(({ path }) => path),
  );
  const shareOf = ({ total, perClass }: typeof RIGHT) =>
    Math.min(perClass, Math.max(1, Math.floor(total / dataset.classes.length)));
  const perClass = { train: shareOf(TRAINING), validation: shareOf(RIGHT) };
  const needed: ChosenImage[] = [];
  const wanted: ChosenImage[] = [];
  for (const split of ['validation', 'train'] as const) {
    const count = dataset.classes.map(() => 0);
    for (const sample of samplesOf(dataset, split)) {
      const isNeeded = mistaken.has(sample.path) || suspects.has(sample.path);
      if (isNeeded) needed.push({ sample, split });
      else if (count[sample.label]!++ < perClass[split]) wanted.push({ sample, split });
    }
  }
  return [...needed, ...wanted].slice(0, MOST);
}

async function rowOf(
  dataset: Dataset,
  { sample, split }: ChosenImage,
  kept: KeptThumbnails,
): Promise<ThumbnailRow | FileFailure> {
  const known = kept.get(thumbnailKey(sample));
  const { path } = sample;
  if (known) return { ...known, path, label: dataset.classes[sample.label]!, split };
  try {
    const image = await decodeRgb(await dataset.files.read(path), {
      size: [LONGEST, LONGEST],
      interpolation: 'area',
    });
    return await thumbnailRow(dataset, { sample, split }, image);
  } catch (error) {
    return { path, reason: reasonOf(error) };
  }
}

/** The row of an image that is decoded already. */
export async function thumbnailRow(
  dataset: Dataset,
  { sample, split }: ChosenImage,
  image: RgbImage,
): Promise<ThumbnailRow> {
  const { jpeg, width, height } = await thumbnailOf(image, LONGEST);
  const label = dataset.classes[sample.label]!;
  const key = thumbnailKey(sample);
  return { path: sample.path, label, split, width, height, jpeg: Buffer.from(jpeg).toString('base64'), key };
}
