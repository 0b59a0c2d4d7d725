// An exported model as a classifier: what it says of itself is all there is to know, no run folder needed.

import { existsSync, readFileSync } from 'node:fs';
import { SightlineError } from '@sightline/core';
import { decodeModel } from '@sightline/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type ModelMetadata, metadataSchema } from '../save/metadata.ts';

export interface OnnxClassifier {
  readonly metadata: ModelMetadata;
  /** (n, classes) probabilities of uint8 images, or of float32 features, with the batch first in `shape`. */
  probabilities(rows: Uint8Array | Float32Array, shape: readonly number[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Opens a model that `exportOnnx` wrote. Throws SightlineError 'saved-model' for any other file. */
export async function openOnnx(path: string): Promise<OnnxClassifier> {
  if (!existsSync(path)) throw new SightlineError('saved-model', `There is no ${path}: name an .onnx file.`);
  const bytes = readFileSync(path);
  const metadata = metadataOf(path, bytes);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes);
  } catch (cause) {
    throw damaged(path, cause);
  }
  return {
    metadata,
    async probabilities(rows, shape) {
      const type = rows instanceof Uint8Array ? 'uint8' : 'float32';
      const results = await session.run({ [session.inputNames[0]!]: new Tensor(type, rows, shape) });
      return results.probabilities!.data as Float32Array;
    },
    release: () => session.release(),
  };
}

const damaged = (path: string, cause: unknown) =>
  new SightlineError('saved-model', `${path} is no whole ONNX model: copy or export it again.`, { cause });

function metadataOf(path: string, bytes: Uint8Array): ModelMetadata {
  let written: Readonly<Record<string, string>>;
  try {
    written = decodeModel(bytes).metadata;
  } catch (cause) {
    throw damaged(path, cause);
  }
  const list = (text: string | undefined): unknown => {
    try {
      return JSON.parse(text ?? 'null');
    } catch {
      return undefined;
    }
  };
  const { classes, imageSize, ...words } = written;
  const parsed = metadataSchema.safeParse({ ...words, classes: list(classes), imageSize: list(imageSize) });
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]!.path.join('.');
  throw new SightlineError(
    'saved-model',
    `${path} doesn't say in its metadata how images go into it (${field} is missing or wrong): use one that \`sightline export\` wrote.`,
  );
}
