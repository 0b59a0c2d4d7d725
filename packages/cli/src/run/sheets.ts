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
    const { pairs, pixels, parameters } = augment(images, experiment.augmentation, seed);
    writeSheet(writer, 'augmented', pairs, pixels, (path, label, i) => ({
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

/**
 * Every other image as it is and, beside it, changed, and what was drawn for it: only what the options ask for, and
 * nothing for an image as it is.
 */
function augment({ data, shape, ...rows }: ImageSet, options: AugmentationOptions, seed: number) {
  const [count, height, width, channels] = shape;
  const size = height * width * channels;
  const chosen = Array.from({ length: Math.ceil(count / 2) }, (_, i) => i * 2);
  const twice = chosen.flatMap((image) => [image, image]);
  const levels = new Float32Array(size);
  const pixels = new Uint8Array(twice.length * size);
  const parameters = twice.map((image, i) => {
    if (i % 2 === 0) {
      pixels.set(data.subarray(image * size, (image + 1) * size), i * size);
      return {};
    }
    const drawn = drawParameters(options, height, width, randomFor(seed, sheetStream, 0, image));
    applyParameters({ pixels: data, from: image * size, height, width }, drawn, options, levels, 0, 1);
    pixels.set(
      levels.map((level) => Math.round(Math.min(255, Math.max(0, level)))),
      i * size,
    );
    return Object.fromEntries(Object.entries(drawn).filter(([name]) => name in options));
  });
  const pairs: ImageSet = {
    ...rows,
    data,
    shape: [twice.length, height, width, channels],
    labels: Int32Array.from(twice, (image) => rows.labels[image] ?? 0),
    paths: twice.map((image) => rows.paths[image] ?? ''),
  };
  return { pairs, pixels, parameters };
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
