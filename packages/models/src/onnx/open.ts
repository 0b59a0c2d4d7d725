/** An exported model as a classifier: its metadata are all there is to know, no run folder needed. */

import { existsSync, readFileSync } from 'node:fs';
import { SightlineError } from '@sightline/core';
import { decodeModel, type Model } from '@sightline/onnx';
import { Session, tensorOf } from '@sightline/ort';
import { type ModelMetadata, metadataSchema } from '../save/metadata.ts';

export interface OnnxClassifier {
  readonly metadata: ModelMetadata;
  /**
   * Whether features of `metadata.backbone` go in, not pixels: Sightline exported networks trained on features so before
   * it put the backbone into the file.
   */
  readonly takesFeatures: boolean;
  /** (n, classes) probabilities of uint8 images, or of float32 features, with the batch first in `shape`. */
  probabilities(
    rows: Uint8Array | Float32Array,
    shape: readonly [count: number, ...size: number[]],
  ): Promise<Float32Array>;
  release(): void;
}

/** Images that run at once: the activations of a large network take megabytes per image. */
const BATCH_SIZE = 32;

/** An ONNX file: its bytes, and what they describe. */
export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly model: Model;
}

/**
 * Reads an ONNX file of any origin.
 *
 * @throws SightlineError `saved-model` where there is none, or where it is damaged
 */
export function readOnnx(path: string): OnnxFile {
  if (!existsSync(path)) throw new SightlineError('saved-model', `There is no ${path}: name an .onnx file.`);
  const bytes = readFileSync(path);
  try {
    return { bytes, model: decodeModel(bytes) };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/**
 * Opens a model that `exportOnnx` wrote.
 *
 * @param file the file at `path`, where it was read already
 * @throws SightlineError `saved-model` for any other file
 */
export async function openOnnx(
  path: string,
  { bytes, model }: OnnxFile = readOnnx(path),
): Promise<OnnxClassifier> {
  const session = openSession(path, bytes);
  const metadata = metadataOf(path, model);
  const input = model.graph.inputs.find(({ name }) => session.inputNames.includes(name))!;
  return {
    metadata,
    takesFeatures: input.dtype !== 'uint8',
    async probabilities(rows, [count, ...size]) {
      const type = rows instanceof Uint8Array ? 'uint8' : 'float32';
      const width = size.reduce((a, b) => a * b, 1);
      const all = new Float32Array(count * metadata.classes.length);
      for (let start = 0; start < count; start += BATCH_SIZE) {
        const end = Math.min(start + BATCH_SIZE, count);
        const batch = tensorOf(rows.subarray(start * width, end * width), type, [end - start, ...size]);
        const { probabilities } = await session.runAsync({ [input.name]: batch });
        all.set(probabilities!.data as Float32Array, start * metadata.classes.length);
      }
      return all;
    },
    release: () => session.dispose(),
  };
}

function openSession(path: string, bytes: Uint8Array): Session {
  try {
    return new Session(bytes, { provider: 'cpu' });
  } catch (cause) {
    throw damaged(path, cause);
  }
}

const damaged = (path: string, cause: unknown): SightlineError =>
  new SightlineError('saved-model', `${path} is not a whole ONNX model: copy or export it again.`, { cause });

function metadataOf(path: string, { metadata }: Model): ModelMetadata {
  const list = (text: string | undefined): unknown => {
    try {
      return JSON.parse(text ?? 'null');
    } catch {
      return undefined;
    }
  };
  const { classes, imageSize, ...words } = metadata;
  const parsed = metadataSchema.safeParse({ ...words, classes: list(classes), imageSize: list(imageSize) });
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]!.path.join('.');
  throw new SightlineError(
    'saved-model',
    `${path} does not say in its metadata how images go into it (${field} is missing or wrong): use one that \`sightline export\` wrote.`,
  );
}
