// Images to the features after a block of a backbone: all at once into memory, or batch by batch.

import type { OpenBackbone } from '@sightline/backbone';
import type { Batch, BatchSource, LabelledArray } from '@sightline/data';

type Frozen = Pick<OpenBackbone, 'features' | 'featureShape'>;

/** Rounded by the constructor: `from` takes a typed array element by element, longer than the step that follows. */
const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(new Uint8ClampedArray(values).buffer);

async function featuresOf({ x, size }: Batch, frozen: Frozen): Promise<Float32Array> {
  return frozen.features(bytesOf(x), size);
}

/** The features of all rows, in the source's own order. */
export async function blockFeatures(
  source: BatchSource,
  frozen: Frozen,
  signal?: AbortSignal,
): Promise<LabelledArray> {
  const { size, labels, classes } = source;
  const width = frozen.featureShape.reduce((product, side) => product * side, 1);
  const data = new Float32Array(size * width);
  for await (const batch of source.batches(0)) {
    signal?.throwIfAborted();
    const features = await featuresOf(batch, frozen);
    batch.indices.forEach((row, i) => {
      data.set(features.subarray(i * width, (i + 1) * width), row * width);
    });
  }
  return { data, shape: [size, ...frozen.featureShape], labels, classes };
}

/** A source of the features of each batch of images. */
export function throughBackbone(source: BatchSource, frozen: Frozen): BatchSource {
  const { featureShape } = frozen;
  return {
    ...source,
    rowShape: featureShape,
    async *batches(epoch, options) {
      for await (const batch of source.batches(epoch, options)) {
        const x = await featuresOf(batch, frozen);
        yield { ...batch, x, shape: [batch.size, ...featureShape] };
      }
    },
  };
}
