/** The pictures of a run: thumbnails of its images, and some training images with what augmentation makes of them. */
import { augmentedTiles, type Dataset, loadImages, type Sample } from '@sightline/data';
import { type RunWriter, readRun } from '@sightline/runs';
import { encodePng, imageSheet } from '@sightline/viz/images';
import type { Settings } from '../config/settings.ts';
import { type KeptThumbnails, writeThumbnails } from './thumbnails.ts';
import { type TrainFeatures, writeTrainFeatures } from './train-features.ts';

/** Goes up with each change of what is written: see earlier-artifacts. */
export const AUGMENTED_VERSION = 1;

/** Images that are shown augmented, each in a row: as it is, then seven times as a training epoch might see it. */
const AUGMENTED = 4;
const VERSIONS = 7;

type GridSettings = Pick<Settings, 'experiment' | 'resize' | 'seed'>;

/** Steps that write `thumbnails.jsonl`, `train-features` where there is a `model.onnx`, and `augmented` where there is augmentation. */
export function imageGrids(
  writer: RunWriter,
  dataset: Dataset,
  settings: GridSettings,
  { kept, trainFeatures }: { kept?: KeptThumbnails; trainFeatures?: TrainFeatures | undefined } = {},
): (() => Promise<void>)[] {
  let shown: readonly Sample[] = [];
  return [
    async () => {
      const run = readRun(writer.dir);
      shown = await writeThumbnails(writer, dataset, run.predictions(), run.suspects(), kept);
    },
    () => writeTrainFeatures(writer, dataset, shown, settings.resize, trainFeatures),
    () => writeAugmented(writer, dataset, settings),
  ];
}

async function writeAugmented(
  writer: RunWriter,
  dataset: Dataset,
  { experiment, resize, seed }: GridSettings,
): Promise<void> {
  if (!experiment.augmentation) return;
  const train = acrossClasses(dataset.splits.train, dataset.classes.length);
  const images = await loadImages({ ...dataset, splits: { train, validation: [] } }, 'train', resize);
  const rows = images.paths.map((_, index) => index);
  const tiles = augmentedTiles(images, rows, experiment.augmentation, VERSIONS, seed);
  const [, height, width] = images.shape;
  const pixels = Buffer.concat(tiles.map(({ image }) => image.data));
  const sheet = imageSheet(pixels, [tiles.length, height, width, 3], { columns: VERSIONS + 1 });
  writer.writeArtifact('augmented.png', encodePng(sheet));
  writer.writeArtifact('augmented.json', {
    tile: sheet.tile,
    columns: sheet.columns,
    items: tiles.map(({ image, ...words }) => words),
  });
}

/** A few samples of as many classes as there are samples to show. */
function acrossClasses(samples: readonly Sample[], classes: number): Sample[] {
  const perClass = Math.max(1, Math.floor(AUGMENTED / classes));
  return Array.from({ length: classes }, (_, label) =>
    samples.filter((sample) => sample.label === label).slice(0, perClass),
  )
    .flat()
    .slice(0, AUGMENTED);
}
