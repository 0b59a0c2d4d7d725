/** `sightline samples`: images of a data set as one picture, and what augmentation makes of them. */

import { extname } from 'node:path';
import { counted, SightlineError } from '@sightline/core';
import {
  type AugmentedTile,
  augmentedTiles,
  type Dataset,
  describeAugmentation,
  FITS,
  INTERPOLATIONS,
  loadImages,
  openDataset,
  randomFor,
  type Sample,
  SPLIT_NAMES,
  type SplitName,
  samplesOf,
  sampleTiles,
  shuffled,
} from '@sightline/data';
import { writeFileAtomic } from '@sightline/runs';
import { captionedSheet, encodePng } from '@sightline/viz';
import { defineCommand } from 'citty';
import { parseAugmentation } from '../run/augmentation-option.ts';
import { openOutput } from '../terminal/output.ts';
import { listenForInterrupt } from '../terminal/signal.ts';
import { oneOf, required, sharedOptions, wholeNumber } from './options.ts';

export const samples = defineCommand({
  meta: { name: 'samples', description: 'Images of a folder as one picture, as they are and augmented' },
  args: {
    folder: { type: 'positional', required: false, description: 'The folder of images' },
    output: { type: 'string', description: 'The picture; samples.png unless given', valueHint: 'FILE.png' },
    augment: {
      type: 'string',
      description: 'Show before and after: rotation=20,horizontalFlip, or JSON',
      valueHint: 'OPTIONS',
    },
    count: { type: 'string', description: 'Images; 24 unless given, 8 with --augment', valueHint: 'N' },
    versions: { type: 'string', description: 'Augmented versions of each; 3 unless given', valueHint: 'N' },
    split: { type: 'string', description: 'train, validation or test; train unless given', valueHint: 'S' },
    size: { type: 'string', description: 'Height and width of each; 64 unless given', valueHint: 'N' },
    interpolation: {
      type: 'string',
      description: `${INTERPOLATIONS.join(', ')}; bilinear unless given`,
      valueHint: 'I',
    },
    fit: {
      type: 'string',
      description: `Of an oblong image: ${FITS.join(', ')}; stretch unless given`,
      valueHint: 'F',
    },
    seed: { type: 'string', description: 'Which images, and what is drawn; 1 unless given', valueHint: 'N' },
    ...sharedOptions,
  },
  async run({ args }) {
    const output = openOutput({ isJson: args.json === true });
    const [root] = required(args._, 'a folder of images', 'sightline samples photographs --output sheet.png');
    const file = args.output ?? 'samples.png';
    if (extname(file).toLowerCase() !== '.png') {
      throw new SightlineError('usage', `--output takes the name of a .png; "${file}" was given.`);
    }
    const augmentation = args.augment === undefined ? undefined : parseAugmentation(args.augment);
    const count = wholeNumber('count', args.count, 1) ?? (augmentation ? 8 : 24);
    const versions = wholeNumber('versions', args.versions, 1) ?? 3;
    const side = wholeNumber('size', args.size, 1) ?? 64;
    const seed = wholeNumber('seed', args.seed, 0) ?? 1;
    const split = oneOf('split', args.split, SPLIT_NAMES) ?? 'train';
    const interpolation = oneOf('interpolation', args.interpolation, INTERPOLATIONS) ?? 'bilinear';
    const fit = oneOf('fit', args.fit, FITS) ?? 'stretch';
    const { signal, close } = listenForInterrupt();
    try {
      const chosen = some(await openDataset(root, { signal }), split, count, seed);
      if (samplesOf(chosen, split).length === 0)
        throw new SightlineError('data', `${root} has no ${split} images.`);
      const images = await loadImages(chosen, split, { size: [side, side], interpolation, fit, signal });
      const tiles: AugmentedTile[] = augmentation
        ? augmentedTiles(
            images,
            images.paths.map((_, i) => i),
            augmentation,
            versions,
            seed,
          )
        : sampleTiles(images, count, seed).map((tile) => ({ ...tile, parameters: {} }));
      const isBefore = (index: number) => index % (versions + 1) === 0;
      const sheet = captionedSheet(
        tiles.map(({ image, label, parameters }, i) => ({
          image,
          title: augmentation && !isBefore(i) ? 'augmented' : label,
          detail: augmentation ? (isBefore(i) ? 'as it is' : describeAugmentation(parameters)) : '',
        })),
        augmentation ? { columns: versions + 1 } : { columns: Math.min(8, tiles.length) },
      );
      writeFileAtomic(file, encodePng(sheet));
      const { width, height } = sheet;
      const told = tiles.map(({ path, label, parameters }) => ({ path, label, parameters }));
      output.result(
        { file, width, height, tiles: told },
        `${file}: ${counted(images.paths.length, 'image')}${augmentation ? `, each with ${counted(versions, 'augmented version')}` : ''}`,
      );
    } finally {
      close();
    }
  },
});

/** The data set with some images of one split only, as many of each class as of the others. */
function some(dataset: Dataset, split: SplitName, count: number, seed: number): Dataset {
  const all = samplesOf(dataset, split);
  const order = [...shuffled(all.length, randomFor(seed, 0))].map((index) => all[index]!);
  const byClass = dataset.classes.map((_, label) => order.filter((sample) => sample.label === label));
  const rounds = Array.from({ length: count }, (_, round) => byClass.flatMap((of) => of[round] ?? []));
  const chosen: Sample[] = rounds.flat().slice(0, count);
  return { ...dataset, splits: { train: [], validation: [], [split]: chosen } };
}
