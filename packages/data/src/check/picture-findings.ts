// What pictures show: each check is a function from the inspected images to findings.

import { extname } from 'node:path/posix';
import { counted, integer, listed, shown } from '@sightline/core';
import { contentFindings, heldOut, splitsIn } from '../dataset/content-findings.ts';
import type { SplitName } from '../dataset/dataset.ts';
import { bySize, type Finding, finding, named } from '../dataset/findings.ts';
import type { PlacedFile } from '../dataset/layout.ts';
import type { ImageFormat } from '../decode/sniff.ts';
import type { InspectedImage } from './inspect-image.ts';
import { nearDuplicates } from './near-duplicates.ts';

export interface ReadableImage extends PlacedFile, InspectedImage {
  /** The split that the image is in, or that it will be drawn into for training. */
  readonly use: SplitName;
}

type Check = (images: readonly ReadableImage[]) => Finding[];

const EXTENSIONS: Readonly<Record<ImageFormat, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg', '.jpe', '.jfif'],
  png: ['.png'],
  gif: ['.gif'],
  bmp: ['.bmp'],
  webp: ['.webp'],
  tiff: ['.tif', '.tiff'],
  avif: ['.avif'],
};

/** Below this many pixels a side, a picture shows a network little. */
const TINY_SIDE = 16;
/** Of 255: less contrast than this is one color, give or take what compression does. */
const FLAT = 6;
/** How many times the smallest class the largest may be: chest X-rays at 2.4 to 1 had a recall of 0.3 in the smaller. */
const MAX_IMBALANCE = 2;

const distinct = <T>(values: readonly T[]) => [...new Set(values)];

const alikePictures: Check = (images) => {
  const groups = nearDuplicates(images).map((group) => group.map((i) => images[i]!));
  const torn = groups.filter((members) => splitsIn(members).length > 1).flat();
  const severity = bySize(heldOut(torn), heldOut(images));
  return groups.map((members) => {
    const paths = members.map(({ path }) => path);
    const splits = splitsIn(members);
    const classes = distinct(members.map(({ className }) => className));
    if (splits.length > 1) {
      const isDrawn = members.some(({ split }) => split === undefined);
      const where = `${isDrawn ? 'and will be drawn into' : 'in'} ${listed(splits)}`;
      return finding('near-leak', `These look alike, ${where}: ${named(paths)}.`, paths, severity);
    }
    if (classes.length === 1) return finding('near-duplicate', `These look alike: ${named(paths)}.`, paths);
    return finding(
      'near-label-conflict',
      `These look alike, labeled ${listed(classes)}: ${named(paths)}.`,
      paths,
    );
  });
};

const wrongExtensions: Check = (images) =>
  images
    .filter(({ path, format }) => !EXTENSIONS[format].includes(extname(path).toLowerCase()))
    .map(({ path, format }) =>
      finding('wrong-extension', `${shown(path)} is a ${format.toUpperCase()} file.`, [path]),
    );

const flatPictures: Check = (images) =>
  images
    .filter(({ contrast }) => contrast < FLAT)
    .map(({ path }) => finding('one-color', `${shown(path)} shows one color only.`, [path]));

const tinyPictures: Check = (images) =>
  images
    .filter(({ width, height }) => Math.min(width, height) < TINY_SIDE)
    .map(({ path, width, height }) =>
      finding('tiny', `${shown(path)} has ${width} x ${height} pixels.`, [path]),
    );

/** Up to this share of the images may be odd; more are a kind of their own. */
const ODD_SHARE = 0.02;
/** Of 255, mean difference between the channels of a pixel: grays stay below the first, color photographs above the second. */
const NEARLY_GRAY = 4;
const COLORFUL = 12;
/** How many times fewer pixels than the median. */
const FEWER_PIXELS = 32;

const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Ways to be unlike all others: the images that are, and why. */
const ODDITIES: readonly ((
  images: readonly ReadableImage[],
) => (image: ReadableImage) => string | undefined)[] = [
  (images) => {
    const counts = Map.groupBy(images, ({ format }) => format);
    const [usual, members] = [...counts].sort((a, b) => b[1].length - a[1].length)[0]!;
    return ({ format }) =>
      format === usual
        ? undefined
        : `a ${format.toUpperCase()} among ${counted(members.length, `${usual.toUpperCase()} file`)}`;
  },
  (images) => {
    const median = medianOf(images.map(({ colorfulness }) => colorfulness));
    return ({ colorfulness }) =>
      median > COLORFUL && colorfulness < NEARLY_GRAY ? 'nearly gray among color pictures' : undefined;
  },
  (images) => {
    const median = medianOf(images.map(({ width, height }) => width * height));
    return ({ width, height }) =>
      width * height * FEWER_PIXELS < median
        ? `far smaller than the others (${width} x ${height})`
        : undefined;
  },
];

/** One finding per image that is odd in any way, unless many are odd in that way. */
const oddOnes: Check = (images) => {
  if (images.length === 0) return [];
  const most = Math.max(1, Math.floor(ODD_SHARE * images.length));
  const reasons = new Map<ReadableImage, string[]>();
  for (const oddity of ODDITIES) {
    const reasonFor = oddity(images);
    const odd = images.flatMap((image) => {
      const reason = reasonFor(image);
      return reason === undefined ? [] : [{ image, reason }];
    });
    // Among a handful of images, one is not odd by being alone.
    if (odd.length > most || images.length < MIN_FOR_ODD) continue;
    for (const { image, reason } of odd) reasons.set(image, [...(reasons.get(image) ?? []), reason]);
  }
  return [...reasons].map(([{ path }, why]) =>
    finding('odd', `${shown(path)} is ${listed(why)}: look at it.`, [path]),
  );
};

const MIN_FOR_ODD = 20;

const imbalance: Check = (images) => {
  const counts = [...Map.groupBy(images, ({ className }) => className)]
    .map(([name, { length }]) => ({ name, length }))
    .sort((a, b) => b.length - a.length);
  const [most, least] = [counts[0], counts.at(-1)];
  if (!most || !least || most.length <= MAX_IMBALANCE * least.length) return [];
  const message = `${shown(most.name)} has ${counted(most.length, 'image')} and ${shown(least.name)} ${integer(least.length)}: accuracy alone flatters a network that always predicts ${shown(most.name)}. "train --class-weights balanced" lets each class count as much.`;
  return [finding('imbalance', message)];
};

/** In the order in which they are reported. */
export const PICTURE_CHECKS: readonly Check[] = [
  contentFindings,
  alikePictures,
  wrongExtensions,
  flatPictures,
  tinyPictures,
  oddOnes,
  imbalance,
];
