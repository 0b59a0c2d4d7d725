/** The images that the site shows of a run, small: `artifacts/thumbnails.jsonl`. */
import { Buffer } from 'node:buffer';
import { type Dataset, type Sample, type SplitName, samplesOf, thumbnail } from '@sightline/data';
import { type Prediction, type RunWriter, type ThumbnailRow, toJsonLines } from '@sightline/runs';

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

/**
 * Writes thumbnails of the mistakes, of correct images of each class, and of training images of each class.
 *
 * @returns the training images among them
 */
export async function writeThumbnails(
  writer: RunWriter,
  dataset: Dataset,
  predictions: readonly Prediction[],
  suspects: readonly { readonly path: string }[] = [],
): Promise<readonly Sample[]> {
  const chosen = choose(dataset, predictions, new Set(suspects.map(({ path }) => path)));
  const rows: (ThumbnailRow | undefined)[] = chosen.map(() => undefined);
  let next = 0;
  const work = async () => {
    while (next < chosen.length) {
      const index = next++;
      rows[index] = await rowOf(dataset, chosen[index]!);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const there = rows.filter((row) => row !== undefined);
  if (there.length > 0) writer.writeArtifact('thumbnails.jsonl', Buffer.from(toJsonLines(there)));
  return chosen.flatMap(({ sample, split }, i) => (split === 'train' && rows[i] ? [sample] : []));
}

interface Chosen {
  readonly sample: Sample;
  readonly split: SplitName;
}

function choose(
  dataset: Dataset,
  predictions: readonly Prediction[],
  suspects: ReadonlySet<string>,
): Chosen[] {
  const mistaken = new Set(
    predictions.filter(({ label, predicted }) => label !== predicted).map(({ path }) => path),
  );
  const shareOf = ({ total, perClass }: typeof RIGHT) =>
    Math.min(perClass, Math.max(1, Math.floor(total / dataset.classes.length)));
  const perClass = { train: shareOf(TRAINING), validation: shareOf(RIGHT) };
  const needed: Chosen[] = [];
  const wanted: Chosen[] = [];
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

/** Undefined for an image that has become unreadable since training read it: that costs its picture, not the run. */
async function rowOf(dataset: Dataset, { sample, split }: Chosen): Promise<ThumbnailRow | undefined> {
  try {
    const { jpeg, width, height } = await thumbnail(await dataset.files.read(sample.path), LONGEST);
    const label = dataset.classes[sample.label]!;
    return { path: sample.path, label, split, width, height, jpeg: Buffer.from(jpeg).toString('base64') };
  } catch {
    return undefined;
  }
}
