// Classifies photos in a browser: onnxruntime-web runs the model and the browser decodes.

import { reasonOf, SightlineError } from '@sightline/core';
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

/** A URL, a `File` or `Blob`, decoded pixels such as `ImageData`, or anything that a canvas can draw. */
export type Photo = Source | Pixels | CanvasImageSource;

/**
 * Loads a classifier that Sightline exported to ONNX, from a URL, file or bytes.
 *
 * @throws SightlineError `missing` or `download` if the URL cannot be read, `decode`, `unsupported`, `dtype` or `saved-model` if it is
 *   not such a classifier, `engine-missing` if onnxruntime-web does not load, `runtime` if it refuses the model
 */
export function load(source: Source, options?: LoadOptions): Promise<Classifier<Photo>> {
  return loadClassifier(BROWSER, source, options);
}

async function read(source: Source): Promise<Uint8Array> {
  return typeof source === 'string' || source instanceof URL ? await download(source) : await bytesOf(source);
}

const isSource = (photo: Photo): photo is Source =>
  typeof photo === 'string' ||
  photo instanceof URL ||
  photo instanceof Uint8Array ||
  photo instanceof ArrayBuffer ||
  photo instanceof Blob;

/** As `sightline` decodes images: upright by the EXIF orientation, color profiles ignored. */
const AS_STORED: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
};

const decode = async (photo: Photo, { imageSize, ...resize }: Resize): Promise<RgbImage> =>
  resizeImage(await pixelsOf(photo), imageSize, resize);

/** RGB pixels at the photo's own size. */
async function pixelsOf(photo: Photo): Promise<RgbImage> {
  if (!isSource(photo) && isPixels(photo)) return rgbOf(photo);
  try {
    const isImage = photo instanceof HTMLImageElement;
    if (!isSource(photo) && !isImage) return drawn(photo);
    if (isImage) await photo.decode();
    const bitmap = await createImageBitmap(isImage ? photo : await blobOf(photo), AS_STORED);
    const image = drawn(bitmap);
    bitmap.close();
    return image;
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    const hint =
      (cause as Error).name === 'SecurityError'
        ? 'The image comes from another origin: set crossorigin="anonymous" on it, or pass its bytes.'
        : undefined;
    throw new SightlineError('unreadable-image', `${nameOf(photo)} cannot be decoded: ${reasonOf(cause)}.`, {
      cause,
      ...(hint ? { hint } : {}),
    });
  }
}

/** Draws what a canvas can draw, at its own size. */
function drawn(source: Exclude<CanvasImageSource, HTMLImageElement>): RgbImage {
  const [width, height] = sizeOf(source);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, width, height);
  return rgbOf(context.getImageData(0, 0, width, height));
}

async function blobOf(source: Source): Promise<Blob> {
  return source instanceof Blob ? source : new Blob([new Uint8Array(await read(source))]);
}

function sizeOf(source: Exclude<CanvasImageSource, HTMLImageElement>): [width: number, height: number] {
  if (source instanceof HTMLVideoElement) return [source.videoWidth, source.videoHeight];
  if (source instanceof VideoFrame) return [source.displayWidth, source.displayHeight];
  if (source instanceof SVGImageElement) return [source.width.baseVal.value, source.height.baseVal.value];
  return [source.width, source.height];
}

async function runtime(): Promise<Runtime> {
  return await import('onnxruntime-web').catch((cause) => {
    throw new SightlineError(
      'engine-missing',
      `onnxruntime-web is needed, but does not load: ${reasonOf(cause)}.`,
      { hint: 'Install it (npm install onnxruntime-web), or name it in the import map of the page.', cause },
    );
  });
}

const BROWSER: Platform<Photo> = { read, decode, runtime };
