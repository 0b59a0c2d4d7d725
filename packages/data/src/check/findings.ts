// The checks: each a function from the inspected images to findings.

import { extname } from 'node:path/posix';
import { shown } from '@sightline/core';
import type { SplitName } from '../dataset/dataset.ts';
import type { PlacedFile } from '../dataset/layout.ts';
import type { ImageFormat } from '../decode/sniff.ts';
import type { InspectedImage } from './inspect-image.ts';
import { lookAlikes } from './look-alikes.ts';
import { type Finding, finding } from './report.ts';

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
/** Levels: less than this is one colour, give or take what compression does. */
const FLAT = 6;
/** How many times the smallest class the largest may be. */
const MAX_IMBALANCE = 3;

const distinct = <T>(values: readonly T[]) => [...new Set(values)];
const pathsOf = (images: readonly ReadableImage[]) => images.map(({ path }) => path);
const list = (paths: readonly string[]) => {
  const named = paths.slice(0, 4).map(shown).join(', ');
  return paths.length > 4 ? `${named} and ${paths.length - 4} more` : named;
};

const sameBytes: Check = (images) =>
  [...Map.groupBy(images, ({ hash }) => hash).values()].flatMap((group) => {
    if (group.length < 2) return [];
    const paths = pathsOf(group);
    const splits = distinct(group.map(({ use }) => use));
    const classes = distinct(group.map(({ className }) => className));
    const findings: Finding[] = [];
    if (classes.length > 1) {
      findings.push(
        finding(
          'label-conflict',
          `One image is under the labels ${classes.join(' and ')}: ${list(paths)}.`,
          paths,
        ),
      );
    }
    if (splits.length > 1) {
      findings.push(finding('leak', `One image is in ${splits.join(' and ')}: ${list(paths)}.`, paths));
    }
    if (findings.length > 0) return findings;
    return [finding('duplicate', `One image is there ${group.length} times: ${list(paths)}.`, paths)];
  });

const alikePictures: Check = (images) =>
  lookAlikes(images).map((group) => {
    const members = group.map((i) => images[i]!);
    const paths = pathsOf(members);
    const splits = distinct(members.map(({ use }) => use));
    const classes = distinct(members.map(({ className }) => className));
    if (splits.length === 1 && classes.length === 1)
      return finding('near-duplicate', `These look alike: ${list(paths)}.`, paths);
    if (splits.length === 1) {
      return finding(
        'near-label-conflict',
        `These look alike, under the labels ${classes.join(' and ')}: ${list(paths)}.`,
        paths,
      );
    }
    const isDrawn = members.some(({ split }) => split === undefined);
    const where = isDrawn ? `and will be drawn into ${splits.join(' and ')}` : `in ${splits.join(' and ')}`;
    return finding('near-leak', `These look alike, ${where}: ${list(paths)}.`, paths);
  });

const wrongExtensions: Check = (images) =>
  images
    .filter(({ path, format }) => !EXTENSIONS[format].includes(extname(path).toLowerCase()))
    .map(({ path, format }) =>
      finding('wrong-extension', `${shown(path)} is a ${format.toUpperCase()} file.`, [path]),
    );

const flatPictures: Check = (images) =>
  images
    .filter(({ contrast }) => contrast < FLAT)
    .map(({ path }) => finding('one-colour', `${shown(path)} shows one colour only.`, [path]));

const tinyPictures: Check = (images) =>
  images
    .filter(({ width, height }) => Math.min(width, height) < TINY_SIDE)
    .map(({ path, width, height }) =>
      finding('tiny', `${shown(path)} has ${width} x ${height} pixels.`, [path]),
    );

const imbalance: Check = (images) => {
  const counts = [...Map.groupBy(images, ({ className }) => className)]
    .map(([name, { length }]) => ({ name, length }))
    .sort((a, b) => b.length - a.length);
  const [most, least] = [counts[0], counts.at(-1)];
  if (!most || !least || most.length <= MAX_IMBALANCE * least.length) return [];
  const message = `${most.name} has ${most.length} images and ${least.name} ${least.length}: accuracy alone will flatter a network that always says ${most.name}.`;
  return [finding('imbalance', message)];
};

/** In the order in which they are reported. */
export const CHECKS: readonly Check[] = [
  sameBytes,
  alikePictures,
  wrongExtensions,
  flatPictures,
  tinyPictures,
  imbalance,
];
