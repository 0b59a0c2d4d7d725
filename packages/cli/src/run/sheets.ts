/** The pictures of a run: some training images, the same changed by augmentation, and the gravest mistakes. */
import {
  type AugmentationOptions,
  applyParameters,
  type Dataset,
  drawParameters,
  type ImageSet,
  loadImages,
  randomFor,
  type Sample,
} from '@sightline/data';
import { type Prediction, type RunWriter, readRun } from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz';
import type { Settings } from '../experiment/settings.ts';

const tiles = 24;
const columns = 8;

/** Writes `samples`, `augmented` (where there is augmentation) and `mistakes` (where there are any). */
export async function writeSheets(
  writer: RunWriter,
  dataset: Dataset,
  { experiment, resize, seed }: Pick<Settings, 'experiment' | 'resize' | 'seed'>,
): Promise<void> {
  const predictions = readRun(writer.dir).predictions();
  const wrong = gravest(predictions, dataset.classes);
  const byPath = new Map(dataset.splits.validation.map((sample) => [sample.path, sample]));
  const chosen = {
    ...dataset,
    splits: {
      train: acrossClasses(dataset.splits.train, dataset.classes.length),
      validation: wrong.flatMap(({ path }) => byPath.get(path) ?? []),
    },
  };
  const images = await loadImages(chosen, 'train', resize);
  writeSheet(writer, 'samples', images, images.data, (path, label) => ({ path, label }));
  if (experiment.augmentation) {
    const { pixels, parameters } = augment(images, experiment.augmentation, seed);
    writeSheet(writer, 'augmented', images, pixels, (path, label, i) => ({
      path,
      label,
      parameters: parameters[i] ?? {},
    }));
  }
  if (wrong.length === 0) return;
  const mistaken = await loadImages(chosen, 'validation', resize);
  writeSheet(writer, 'mistakes', mistaken, mistaken.data, (path, label, i) => ({
    path,
    label,
    predicted: wrong[i]?.predicted ?? '',
    score: wrong[i]?.score ?? 0,
  }));
}

/** Tells the sheet's draws apart from those of training. */
const sheetStream = 3;

/** Each image changed once, and what was drawn for it: only what the options ask for. */
function augment({ data, shape }: ImageSet, options: AugmentationOptions, seed: number) {
  const [count, height, width] = shape;
  const size = height * width * 3;
  const levels = new Float32Array(data.length);
  const parameters = Array.from({ length: count }, (_, i) => {
    const drawn = drawParameters(options, height, width, randomFor(seed, sheetStream, 0, i));
    applyParameters({ pixels: data, from: i * size, height, width }, drawn, options, levels, i * size, 1);
    return Object.fromEntries(Object.entries(drawn).filter(([name]) => name in options));
  });
  return {
    pixels: Uint8Array.from(levels, (level) => Math.round(Math.min(255, Math.max(0, level)))),
    parameters,
  };
}

function writeSheet(
  writer: RunWriter,
  name: string,
  { shape, paths, labels, classes }: ImageSet,
  pixels: Uint8Array,
  item: (path: string, label: string, index: number) => object,
): void {
  const sheet = imageSheet(pixels, shape, { columns });
  writer.writeArtifact(`${name}.png`, encodePng(sheet));
  writer.writeArtifact(`${name}.json`, {
    tile: sheet.tile,
    columns: sheet.columns,
    items: paths.map((path, i) => item(path, classes[labels[i] ?? 0] ?? '', i)),
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

/** The wrong predictions that the network was surest of, the surest first. */
function gravest(predictions: readonly Prediction[], classes: readonly string[]): Prediction[] {
  const sureness = ({ predicted, score }: Prediction) =>
    classes.length === 2 && predicted === classes[0] ? 1 - score : score;
  return predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => sureness(b) - sureness(a))
    .slice(0, tiles);
}
