// Classifies photos in Node: onnxruntime-node runs the model and sharp decodes. Both are loaded when first needed.

import { readFile } from 'node:fs/promises';
import { reasonOf, SightlineError } from '@sightline/core';
import type { RgbImage } from '@sightline/image';
import {
  bytesOf,
  type Classifier,
  download,
  isPixels,
  type LoadOptions,
  loadClassifier,
  nameOf,
  type Pixels,
  type Platform,
  type Runtime,
  rgbOf,
  type Source,
} from './classifier.ts';

export type {
  Classifier,
  ClassProbability,
  LoadOptions,
  Pixels,
  Prediction,
  PredictOptions,
  Runtime,
  Source,
} from './classifier.ts';
export type { ModelMetadata } from './metadata.ts';

/** A path, a URL, the bytes of an image file in any format that sharp reads, or decoded pixels. */
export type Photo = Source | Pixels;

/**
 * Loads a classifier that Sightline exported to ONNX, from a path, URL or bytes.
 *
 * @throws SightlineError `missing` if there is no such file, `decode` or `saved-model` if it is not such a classifier,
 *   `engine-missing` if onnxruntime-node is not installed, `runtime` if it refuses the model
 */
export function load(source: Source, options?: LoadOptions): Promise<Classifier<Photo>> {
  return loadClassifier(NODE, source, options);
}

const isRemote = (source: string | URL) => /^(https?|data|blob):/i.test(String(source));

async function read(source: Source): Promise<Uint8Array> {
  if (typeof source !== 'string' && !(source instanceof URL)) return await bytesOf(source);
  if (isRemote(source)) return await download(source);
  return await readFile(source).catch((cause) => {
    throw new SightlineError('missing', `${nameOf(source)} cannot be read: ${reasonOf(cause)}.`, { cause });
  });
}

/** An optional peer dependency. */
async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  return await load().catch((cause) => {
    throw new SightlineError('engine-missing', `${name} is needed, but does not load: ${reasonOf(cause)}.`, {
      hint: `Install it: npm install ${name}`,
      cause,
    });
  });
}

/** RGB pixels as `sightline` decodes them: upright by the EXIF orientation, color profiles ignored, opacity dropped. */
async function decode(photo: Photo): Promise<RgbImage> {
  if (typeof photo === 'object' && isPixels(photo)) return rgbOf(photo);
  const [bytes, { default: sharp }] = await Promise.all([
    read(photo),
    installed('sharp', () => import('sharp')),
  ]);
  try {
    const upright = sharp(bytes, { failOn: 'truncated', autoOrient: true, ignoreIcc: true });
    const { data, info } = await upright
      .removeAlpha()
      .toColorspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return rgbOf({ data, width: info.width, height: info.height, channels: info.channels as 1 | 3 });
  } catch (cause) {
    throw new SightlineError('unreadable-image', `${nameOf(photo)} cannot be decoded: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}

const NODE: Platform<Photo> = {
  read,
  decode,
  runtime: () => installed<Runtime>('onnxruntime-node', () => import('onnxruntime-node')),
};
