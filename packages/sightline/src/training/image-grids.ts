/** The image grids of a run: some training images, the same augmented, and the most confident errors. */
import {
  augmentedTiles,
  type Dataset,
  imageAt,
  loadImages,
  type Sample,
  type SampleTile,
  sampleTiles,
} from '@sightline/data';
import { type Prediction, type RunWriter, readRun } from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz';
import type { Settings } from '../config/settings.ts';

const tiles = 24;
const columns = 8;

/** Writes `samples`, `augmented` (where there is augmentation) and `mistakes` (where there are any). */
export async function writeImageGrids(
  writer: RunWriter,
  dataset: Dataset,
  { experiment, resize, seed }: Pick<Settings, 'experiment' | 'resize' | 'seed'>,
): Promise<void> {
  const predictions = readRun(writer.dir).predictions();
  const wrong = mostConfidentErrors(predictions, dataset.classes);
  const byPath = new Map(dataset.splits.validation.map((sample) => [sample.path, sample]));
  const chosen = {
    ...dataset,
    splits: {
      train: acrossClasses(dataset.splits.train, dataset.classes.length),
      validation: wrong.flatMap(({ path }) => byPath.get(path) ?? []),
    },
  };
  const images = await loadImages(chosen, 'train', resize);
  writeGrid(writer, 'samples', sampleTiles(images, images.paths.length, seed));
  if (experiment.augmentation) {
    const pairs = images.paths.map((_, index) => index).filter((index) => index % 2 === 0);
    writeGrid(writer, 'augmented', augmentedTiles(images, pairs, experiment.augmentation, 1, seed));
  }
  if (wrong.length === 0) return;
  const mistaken = await loadImages(chosen, 'validation', resize);
  const [, height, width] = mistaken.shape;
  const mistakes = wrong.map(({ path, label, predicted, score }, i) => {
    const image = { data: imageAt(mistaken, i), height, width };
    return { image, path, label, predicted, score };
  });
  writeGrid(writer, 'mistakes', mistakes);
}

/** Writes tiles as a picture, and a JSON file that describes each. */
function writeGrid(writer: RunWriter, name: string, shown: readonly SampleTile[]): void {
  const [first] = shown;
  if (first === undefined) return;
  const { height, width } = first.image;
  const pixels = Buffer.concat(shown.map(({ image }) => image.data));
  const sheet = imageSheet(pixels, [shown.length, height, width, 3], { columns });
  writer.writeArtifact(`${name}.png`, encodePng(sheet));
  writer.writeArtifact(`${name}.json`, {
    tile: sheet.tile,
    columns: sheet.columns,
    items: shown.map(({ image, ...words }) => words),
  });
}

/** Samples spread over the whole split, as many of each class as of the others. */
function acrossClasses(samples: readonly Sample[], classes: number): Sample[] {
  const each = Math.max(1, Math.floor(tiles / classes));
  return Array.from({ length: classes }, (_, label) => {
    const ofClass = samples.filter((sample) => sample.label === label);
    const step = Math.max(1, Math.floor(ofClass.length / each));
    return ofClass.filter((_, i) => i % step === 0).slice(0, each);
  }).flat();
}

/** The wrong predictions of the highest probability, the highest first. */
function mostConfidentErrors(predictions: readonly Prediction[], classes: readonly string[]): Prediction[] {
  const confidence = ({ predicted, score }: Prediction) =>
    classes.length === 2 && predicted === classes[0] ? 1 - score : score;
  return predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => confidence(b) - confidence(a))
    .slice(0, tiles);
}
