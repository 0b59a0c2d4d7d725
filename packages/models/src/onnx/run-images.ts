import { type Feeds, Session, tensorOf } from '@sightline/ort';

const CHANNELS = 3;

/**
 * The outputs of an exported model for images, batch by batch: the activations of a large network take megabytes per image.
 *
 * @param pixels uint8 (count, height, width, 3)
 */
export function* runImages(
  bytes: Uint8Array,
  imageSize: readonly [height: number, width: number],
  pixels: Uint8Array,
  batchSize: number,
): Generator<Feeds> {
  // On float32 models as fast as any other, and exact in 8 bits.
  const session = new Session(bytes, { provider: 'cpu', workload: 'int8' });
  const size = imageSize[0] * imageSize[1] * CHANNELS;
  try {
    for (let from = 0; from < pixels.length; from += batchSize * size) {
      const batch = pixels.subarray(from, from + batchSize * size);
      yield session.run({
        image: tensorOf(batch, 'uint8', [batch.length / size, ...imageSize, CHANNELS]),
      });
    }
  } finally {
    session.dispose();
  }
}
