/** An exported model as a classifier: its metadata are all there is to know, no run folder needed. */

import { listed, SightlineError, shown } from '@sightline/core';
import { openUntrusted, type PlainTensor, type UntrustedModel, type UntrustedSession } from '@sightline/ort';
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
    signal?: AbortSignal,
  ): Promise<Float32Array>;
  release(): void;
}

/** Images that run at once: the activations of a large network take megabytes per image. */
const BATCH_SIZE = 32;

/**
 * Opens a model that `exportOnnx` wrote, in a process of its own: anyone can write its metadata into any file.
 *
 * @param opened the file at `path`, where it was opened already
 * @throws SightlineError `saved-model` for any other file; see `openUntrusted` for files that are damaged
 */
export async function openOnnx(path: string, opened?: UntrustedSession): Promise<OnnxClassifier> {
  const session = opened ?? (await openUntrusted(path));
  try {
    return classifierOf(path, session);
  } catch (error) {
    session.dispose();
    throw error;
  }
}

function classifierOf(path: string, session: UntrustedSession): OnnxClassifier {
  const metadata = metadataOf(path, session.model);
  const { name, takesFeatures } = inputOf(path, session.model, metadata);
  const units = metadata.classes.length;
  return {
    metadata,
    takesFeatures,
    async probabilities(rows, [count, ...size], signal) {
      const dtype = takesFeatures ? 'float32' : 'uint8';
      const width = size.reduce((a, b) => a * b, 1);
      const all = new Float32Array(count * units);
      for (let start = 0; start < count; start += BATCH_SIZE) {
        const end = Math.min(start + BATCH_SIZE, count);
        const data = rows.subarray(start * width, end * width);
        const batch: PlainTensor = { data, dtype, shape: [end - start, ...size] };
        const probabilities = await session.run({ [name]: batch }, OUTPUT, signal);
        all.set(checked(path, probabilities, [end - start, units]), start * units);
      }
      return all;
    },
    release: () => session.dispose(),
  };
}

const OUTPUT = 'probabilities';

function inputOf(path: string, { inputs, outputs }: UntrustedModel, { backbone }: ModelMetadata) {
  const [input] = inputs;
  const takesFeatures = input?.dtype === 'float32' && backbone !== undefined;
  const takesImages = input?.dtype === 'uint8' && input.shape.length === 4 && input.shape[3] === 3;
  if (inputs.length === 1 && input && (takesFeatures || takesImages)) {
    if (outputs.some(({ name }) => name === OUTPUT)) return { name: input.name, takesFeatures };
  }
  const words = (values: UntrustedModel['inputs']) =>
    listed(values.map(({ name, dtype, shape }) => `${shown(name)} (${dtype} ${shape.join(' x ')})`)) ||
    'nothing';
  throw new SightlineError(
    'saved-model',
    `${path} takes ${words(inputs)} and gives ${words(outputs)}, but its metadata are those of Sightline, which takes uint8 N x height x width x 3 and gives ${OUTPUT}: export it again.`,
  );
}

function checked(
  path: string,
  { data, dtype, shape }: PlainTensor,
  expected: readonly number[],
): Float32Array {
  if (dtype === 'float32' && shape.join() === expected.join()) return data as Float32Array;
  throw new SightlineError(
    'saved-model',
    `${path} gives ${dtype} ${shape.join(' x ')}: expected ${expected.join(' x ')} probabilities, one per image and class.`,
  );
}

function metadataOf(path: string, { metadata }: UntrustedModel): ModelMetadata {
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
