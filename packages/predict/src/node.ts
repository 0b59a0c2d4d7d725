// Classifies photos in Node: onnxruntime-node runs the model, and @sightline/data decodes as in training. Both are
// optional peers, loaded when first needed.

import { readFile } from 'node:fs/promises';
import { reasonOf, SightlineError } from '@sightline/core';
import { refuseIrregular } from '@sightline/core/files';
import { type RgbImage, resizeImage } from '@sightline/image';
import {
  bytesOf,
  download,
  isPixels,
  loadClassifier,
  nameOf,
  type Platform,
  type Resize,
  rgbOf,
} from './classifier.ts';
import type { Classifier, LoadOptions, Pixels, Runtime, Source } from './types.ts';

export type * from './types.ts';

/** A path, a URL, the bytes of an image file (JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP), or decoded pixels. */
export type Photo = Source | Pixels;

/**
 * Loads a classifier that Sightline exported to ONNX, from a path, URL or bytes.
 *
 * @throws SightlineError `missing` if there is no such file, `decode`, `unsupported`, `dtype` or `saved-model` if it is not such a classifier,
 *   `engine-missing` if onnxruntime-node is not installed, `runtime` if it refuses the model
 */
export function load(source: Source, options?: LoadOptions): Promise<Classifier<Photo>> {
  return loadClassifier(NODE, source, options);
}

const isRemote = (source: string | URL) => /^(https?|data|blob):/i.test(String(source));

async function read(source: Source): Promise<Uint8Array> {
  if (typeof source !== 'string' && !(source instanceof URL)) return await bytesOf(source);
  if (isRemote(source)) return await download(source);
  try {
    refuseIrregular(source);
    return await readFile(source);
  } catch (cause) {
    throw new SightlineError('missing', `${nameOf(source)} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
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

/** As `sightline predict` decodes, so that probabilities are the same. */
async function decode(photo: Photo, { imageSize: size, ...resize }: Resize): Promise<RgbImage> {
  if (typeof photo === 'object' && isPixels(photo)) return resizeImage(rgbOf(photo), size, resize);
  const [bytes, { decodeImage }] = await Promise.all([
    read(photo),
    installed('@sightline/data', () => import('@sightline/data/decode')),
  ]);
  return await decodeImage(bytes, { size, ...resize }).catch((cause) => {
    throw new SightlineError('unreadable-image', `${nameOf(photo)} cannot be decoded: ${reasonOf(cause)}.`, {
      cause,
    });
  });
}

const NODE: Platform<Photo> = {
  read,
  decode,
  runtime: () => installed<Runtime>('onnxruntime-node', () => import('onnxruntime-node')),
};
