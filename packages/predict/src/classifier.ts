// Loads an exported classifier and classifies photos: everything that Node and browsers share. A *platform* reads files,
// decodes photos and brings ONNX Runtime.

import { listed, reasonOf, SightlineError, shown } from '@sightline/core';
import { type RgbImage, type Size, toRgb } from '@sightline/image';
import { FEATURES, type Model, readUntrusted, type Value } from '@sightline/onnx';
import { type ModelMetadata, readModelMetadata } from './metadata.ts';
import type {
  Classifier,
  LoadOptions,
  Pixels,
  Prediction,
  PredictOptions,
  Runtime,
  Source,
} from './types.ts';

/** How a model's images are resized. */
export type Resize = Omit<ModelMetadata, 'classes'>;

export interface Platform<Photo> {
  runtime(): Promise<Runtime>;
  read(source: Source): Promise<Uint8Array>;
  /** The photo in the size of the model's images. */
  decode(photo: Photo, resize: Resize): Promise<RgbImage>;
}

const BATCH_SIZE = 8;
const CHANNELS = 3;

/**
 * Loads a classifier that Sightline exported to ONNX.
 *
 * @throws SightlineError `missing` if there is nothing to read, `decode`, `unsupported`, `dtype` or `saved-model` if it is not
 *   such a classifier, `engine-missing` if ONNX Runtime is not installed, `runtime` if it refuses the model
 */
export async function loadClassifier<Photo>(
  platform: Platform<Photo>,
  source: Source,
  { sessionOptions, runtime }: LoadOptions = {},
): Promise<Classifier<Photo>> {
  const bytes = await platform.read(source);
  const model = readUntrusted(bytes, 'The model');
  const metadata = readModelMetadata(model.metadata);
  const { inputName, outputName } = checkInterface(model);
  const { InferenceSession, Tensor } = runtime ?? (await platform.runtime());
  const session = await InferenceSession.create(bytes, sessionOptions).catch((cause) => {
    throw new SightlineError('runtime', `ONNX Runtime refused the model: ${reasonOf(cause)}.`, { cause });
  });

  /** ONNX Runtime for browsers runs a session once at a time. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const result = last.then(job, job);
    last = result.catch(() => {});
    return result;
  };

  async function outputs(photos: readonly Photo[]): Promise<Outputs[]> {
    const images = await Promise.all(photos.map((photo) => platform.decode(photo, metadata)));
    const pixels = pixelsOf(images, metadata.imageSize);
    const input = new Tensor('uint8', pixels, [photos.length, ...metadata.imageSize, CHANNELS]);
    const found = await inTurn(() => session.run({ [inputName]: input })).catch((cause) => {
      throw new SightlineError('runtime', `ONNX Runtime failed: ${reasonOf(cause)}.`, { cause });
    });
    const rows = rowsOf(found[outputName]!.data as Float32Array, photos.length);
    checkWidth(rows, metadata.classes);
    const features = found[FEATURES] && rowsOf(found[FEATURES].data as Float32Array, photos.length);
    return rows.map((probabilities, i) => ({
      probabilities,
      ...(features ? { features: features[i]! } : {}),
    }));
  }

  async function predictAll(photos: readonly Photo[], options: PredictOptions = {}): Promise<Prediction[]> {
    const { batchSize = BATCH_SIZE, ...each } = options;
    checkOptions(options);
    const predictions: Prediction[] = [];
    for (let start = 0; start < photos.length; start += batchSize) {
      const rows = await outputs(photos.slice(start, start + batchSize));
      predictions.push(...rows.map((row) => predictionOf(row, metadata.classes, each)));
    }
    return predictions;
  }

  return {
    ...metadata,
    predictAll,
    predict: async (photo, options) => (await predictAll([photo], options))[0]!,
    release: () => inTurn(() => session.release()),
  };
}

/** The names of the input and of the output. Throws SightlineError `saved-model` unless they are those of an export. */
function checkInterface({ graph }: Model) {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const [input, ...moreInputs] = inputs;
  const output = graph.outputs.find(({ name }) => name === 'probabilities');
  if (input?.dtype !== 'uint8' || moreInputs.length > 0 || output?.dtype !== 'float32') {
    const words = (values: readonly Value[]) =>
      listed(values.map(({ name, dtype }) => `${shown(name)} (${dtype})`)) || 'nothing';
    throw new SightlineError(
      'saved-model',
      `The model must take one input of uint8 and give float32 probabilities, but it takes ${words(inputs)} and gives ${words(graph.outputs)}.`,
    );
  }
  return { inputName: input.name, outputName: output.name };
}

/** Images as the model takes them: uint8 (count, height, width, 3). */
function pixelsOf(images: readonly RgbImage[], [height, width]: Size): Uint8Array {
  const size = height * width * CHANNELS;
  const pixels = new Uint8Array(images.length * size);
  for (const [i, { data }] of images.entries()) pixels.set(data, i * size);
  return pixels;
}

/** What the model gives for one photo. */
interface Outputs {
  readonly probabilities: Float32Array;
  readonly features?: Float32Array;
}

function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const width = data.length / count;
  return Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width));
}

function checkWidth([row]: readonly Float32Array[], classes: readonly string[]): void {
  if (row === undefined || row.length === classes.length) return;
  throw new SightlineError(
    'saved-model',
    `The model names ${classes.length} classes, but gives ${row.length} probabilities.`,
  );
}

function predictionOf(
  { probabilities: row, features }: Outputs,
  classes: readonly string[],
  { topK = classes.length, threshold = 0 }: PredictOptions,
): Prediction {
  const sorted = classes
    .map((className, i) => ({ className, probability: row[i]! }))
    .sort((a, b) => b.probability - a.probability);
  const { className, probability } = sorted[0]!;
  return {
    className: probability >= threshold ? className : null,
    probability,
    probabilities: sorted.slice(0, topK),
    ...(features ? { features } : {}),
  };
}

function checkOptions({ topK = 1, threshold = 0, batchSize = 1 }: PredictOptions): void {
  for (const [name, value] of Object.entries({ topK, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new SightlineError('option', `${name} must be a whole number of 1 or more, not ${value}.`);
  }
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new SightlineError('option', `threshold must be a number from 0 to 1, not ${threshold}.`);
  }
}

/** Whether a photo is decoded already. */
export function isPixels(photo: object): photo is Pixels {
  return 'data' in photo && 'width' in photo && 'height' in photo;
}

/** Decoded pixels as RGB; without `channels` they are RGBA, as a canvas gives them. */
export function rgbOf(pixels: Pixels): RgbImage {
  // Not by spreading: the properties of an ImageData are its prototype's.
  const { data, width, height } = pixels;
  return toRgb({ data, width, height, channels: 'channels' in pixels ? pixels.channels : 4 });
}

/** What was asked for, for messages. */
export function nameOf(source: unknown): string {
  if (typeof source === 'string') return source.startsWith('data:') ? 'the data: URL' : source;
  if (source instanceof URL) return source.href;
  if (typeof File !== 'undefined' && source instanceof File) return source.name;
  return 'the bytes given';
}

/** Downloads a file. Throws SightlineError `missing` or `download`. */
export async function download(url: string | URL): Promise<Uint8Array> {
  const name = nameOf(url);
  const response = await fetch(url).catch((cause) => {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new SightlineError('download', `${name} could not be downloaded: ${reasonOf(reason)}.`, { cause });
  });
  if (!response.ok) {
    const code = response.status === 404 ? 'missing' : 'download';
    throw new SightlineError(
      code,
      `${name} could not be downloaded: the server answered ${response.status}.`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** The bytes of a source that is neither a path nor a URL. */
export async function bytesOf(source: Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> {
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  return source instanceof Uint8Array ? source : new Uint8Array(source);
}
